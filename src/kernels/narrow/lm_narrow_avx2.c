/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_narrow by VPMADDUBSW, which multiplies unsigned bytes, the numbers of 7 bits, by signed bytes. The minimum
 * comes off each sum once, since it is the same for all of a row's numbers.
 */
#if defined(__x86_64__)

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_isa.h"
#include "kernels/narrow/lm_narrow.h"

enum { HALVES = 2, TOGETHER = 4 /* rows of activations in registers */ };

static_assert(2 * 127 * LM_Q_MAX < 1 << 15, "a pair of products is exact in 16 bits");

typedef floats row_total[HALVES];

/* A tile, opened. */
struct opened {
    ints u[LM_GROUP / 4][HALVES];
    ints minimum[HALVES];
    floats scale[HALVES];
};

static inline __attribute__((always_inline)) void
open_plane(struct opened *o, const uint8_t *plane, const int width, const int left, bool is_first)
{
    const ints mask = _mm256_set1_epi8((char)(((1 << width) - 1) << left));
    const int in_byte = 8 / width;
    for (int run = 0; run < LM_GROUP / 4 / in_byte; run++)
        for (int h = 0; h < HALVES; h++) {
            ints all = _mm256_loadu_si256((const ints *)(plane + run * LM_NARROW_VECTOR) + h);
#pragma GCC unroll 8
            for (int i = 0; i < in_byte; i++) {
                int by = left - i * width;
                ints u = by > 0 ? _mm256_slli_epi16(all, by) : _mm256_srli_epi16(all, -by);
                ints *to = &o->u[run * in_byte + i][h];
                u = _mm256_and_si256(u, mask);
                *to = is_first ? u : _mm256_or_si256(*to, u);
            }
        }
}

#define ISA avx2
#include "kernels/narrow/lm_narrow_planes.h"

static inline __attribute__((always_inline)) void open_tile(struct opened *o, const uint8_t *tile,
                                                            const int bits)
{
    const uint8_t *minima = lm_narrow_minima(tile, (unsigned)bits),
                  *scales = lm_narrow_scales(tile, (unsigned)bits);
    for (int h = 0; h < HALVES; h++) {
        o->minimum[h] =
            _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(minima + h * LANES)));
        ints upper = _mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)scales + h));
        o->scale[h] = _mm256_castsi256_ps(_mm256_slli_epi32(upper, 16));
    }
    open_planes(o, tile, bits);
}

static inline __attribute__((always_inline)) void
add_rows(floats (*total)[HALVES], const struct opened *o, const int8_t *x, const float *x_scale,
         const int32_t *x_sum, size_t x_groups, const int n_rows)
{
    const ints ones = _mm256_set1_epi16(1);
    ints dot[TOGETHER][HALVES];
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        for (int h = 0; h < HALVES; h++)
            dot[m][h] =
                _mm256_mullo_epi32(o->minimum[h], _mm256_set1_epi32(-x_sum[(size_t)m * x_groups]));
    for (size_t k = 0; k < LM_GROUP / 4; k++) {
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++) {
            int32_t four;
            memcpy(&four, x + (size_t)m * x_groups * LM_GROUP + 4 * k, sizeof four);
#pragma GCC unroll 2
            for (int h = 0; h < HALVES; h++) {
                ints pairs = _mm256_maddubs_epi16(o->u[k][h], _mm256_set1_epi32(four));
                dot[m][h] = _mm256_add_epi32(dot[m][h], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        for (int h = 0; h < HALVES; h++) {
            floats scaled =
                mul(_mm256_cvtepi32_ps(dot[m][h]), splat(x_scale[(size_t)m * x_groups]));
            total[m][h] = add(total[m][h], mul(scaled, o->scale[h]));
        }
}

static inline __attribute__((always_inline)) void
product_block(row_total *total, const struct lm_matrix_narrow *w, const uint8_t *tile,
              const struct lm_rows *x, size_t first, size_t n_rows, const int bits)
{
    for (size_t m = 0; m < n_rows; m++)
        total[m][0] = total[m][1] = zero();
    for (size_t g = 0; g < w->n_groups; g++, tile += lm_narrow_tile_bytes((unsigned)bits)) {
        struct opened o;
        size_t m = 0, at = first * x->n_groups + g;
        open_tile(&o, tile, bits);
        for (; m + TOGETHER <= n_rows; m += TOGETHER, at += TOGETHER * x->n_groups)
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     TOGETHER);
        for (; m < n_rows; m++, at += x->n_groups)
            add_rows(total + m, &o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups,
                     1);
    }
}

static inline void store_total(float *at, row_total *total, bool add_to)
{
    for (size_t h = 0; h < HALVES; h++)
        store(at + h * LANES, add_to ? add(load(at + h * LANES), (*total)[h]) : (*total)[h]);
}

#include "kernels/narrow/lm_narrow_blocks.h"

#endif
