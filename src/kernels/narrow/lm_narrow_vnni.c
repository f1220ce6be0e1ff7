/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_narrow by 512-bit VPDPBUSD, which multiplies unsigned bytes, the numbers of 7 bits, by signed bytes. An opened
 * tile stays in 16 registers while rows of activations, taken from memory by the instruction itself, pass it. The
 * minimum comes off each sum once.
 */
#if defined(__x86_64__)

#include "kernels/kernels.h"
#include "kernels/lm_avx512.h"
#include "kernels/lm_isa.h"
#include "kernels/narrow/lm_narrow.h"

enum {
    VECTORS = LM_GROUP / 4,
    AHEAD = 1024, /* bytes: with many rows the processor's own prefetching comes too late */
    TOGETHER = 8, /* sums at a time: each instruction takes four cycles, and one begins in each */
};

typedef __m512 row_total;

struct opened {
    __m512i u[VECTORS];
    __m512i minimum;
    __m512 scale;
};

static inline __attribute__((always_inline)) void
open_plane(struct opened *o, const uint8_t *plane, const int width, const int left, bool is_first)
{
    const __m512i mask = _mm512_set1_epi8((char)(((1 << width) - 1) << left));
    const int in_byte = 8 / width;
#pragma GCC unroll 16
    for (int run = 0; run < VECTORS / in_byte; run++) {
        __m512i all = _mm512_loadu_si512(plane + run * LM_NARROW_VECTOR);
#pragma GCC unroll 8
        for (int i = 0; i < in_byte; i++) {
            int by = left - i * width;
            __m512i u = by > 0 ? _mm512_slli_epi16(all, (unsigned)(by > 0 ? by : 0))
                               : _mm512_srli_epi16(all, (unsigned)(by > 0 ? 0 : -by));
            __m512i *to = &o->u[run * in_byte + i];
            u = _mm512_and_si512(u, mask);
            *to = is_first ? u : _mm512_or_si512(*to, u);
        }
    }
}

#define ISA avx512_vnni
#include "kernels/narrow/lm_narrow_planes.h"

static inline __attribute__((always_inline)) void open_tile(struct opened *o, const uint8_t *tile,
                                                            const int bits)
{
    const uint8_t *minima = lm_narrow_minima(tile, (unsigned)bits),
                  *scales = lm_narrow_scales(tile, (unsigned)bits);
    o->minimum = _mm512_cvtepu8_epi32(_mm_load_si128((const __m128i *)minima));
    __m512i upper = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)scales));
    o->scale = _mm512_castsi512_ps(_mm512_slli_epi32(upper, 16));
    open_planes(o, tile, bits);
}

/* In assembly: around the intrinsic, gcc 12 copies every sum twice, and does not take x from memory. */
static inline __m512i add_dots(__m512i sum, __m512i w, const int8_t *x)
{
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"
            : "+v"(sum)
            : "v"(w), "m"(*(const int32_t *)(const void *)x));
    return sum;
}

/* n_rows sums of the tile's 16 rows, each in n_parts. */
static inline __attribute__((always_inline)) void add_rows(__m512 *total, const struct opened *o,
                                                           const int8_t *x, const float *x_scale,
                                                           const int32_t *x_sum, size_t x_groups,
                                                           const int n_rows, const int n_parts)
{
    __m512i dot[TOGETHER][4];
#pragma GCC unroll 8
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int p = 0; p < n_parts; p++)
            dot[m][p] = p > 0 ? _mm512_setzero_si512()
                              : _mm512_mullo_epi32(o->minimum,
                                                   _mm512_set1_epi32(-x_sum[(size_t)m * x_groups]));
#pragma GCC unroll 16
    for (int k = 0; k < VECTORS; k++)
#pragma GCC unroll 8
        for (int m = 0; m < n_rows; m++)
            dot[m][k % n_parts] =
                add_dots(dot[m][k % n_parts], o->u[k], x + (size_t)m * x_groups * LM_GROUP + 4 * k);
#pragma GCC unroll 8
    for (int m = 0; m < n_rows; m++) {
#pragma GCC unroll 4
        for (int p = 1; p < n_parts; p++)
            dot[m][0] = _mm512_add_epi32(dot[m][0], dot[m][p]);
        total[m] = lm_add_group(total[m], dot[m][0], _mm512_set1_ps(x_scale[(size_t)m * x_groups]),
                                o->scale);
    }
}

static inline __attribute__((always_inline)) void
product_block(row_total *total, const struct lm_matrix_narrow *w, const uint8_t *tile,
              const struct lm_rows *x, size_t first, size_t n_rows, const int bits)
{
    for (size_t m = 0; m < n_rows; m++)
        total[m] = _mm512_setzero_ps();
    for (size_t g = 0; g < w->n_groups; g++, tile += lm_narrow_tile_bytes((unsigned)bits)) {
        struct opened o;
        size_t m = 0, at = first * x->n_groups + g;
        open_tile(&o, tile, bits);
        if (n_rows >= TOGETHER)
            for (size_t line = 0; line < lm_narrow_tile_bytes((unsigned)bits); line += 64)
                _mm_prefetch((const char *)tile + AHEAD + line, _MM_HINT_T0);
        for (; m + 8 <= n_rows; m += 8, at += 8 * x->n_groups)
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     8, 1);
        for (; m + 4 <= n_rows; m += 4, at += 4 * x->n_groups)
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     4, 1);
        if (m + 2 <= n_rows) {
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     2, 2);
            m += 2;
            at += 2 * x->n_groups;
        }
        if (m < n_rows)
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     1, 4);
    }
}

static inline void store_total(float *at, const row_total *total, bool add_to)
{
    _mm512_store_ps(at, add_to ? _mm512_add_ps(_mm512_load_ps(at), *total) : *total);
}

#include "kernels/narrow/lm_narrow_blocks.h"

#endif
