/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_narrow by NEON: a tile is opened to bytes, unsigned numbers of 7 bits, which are signed ones as well, and
 * multiplied as int8's are. The minimum comes off each sum once. The including file defines ISA and add_group, as for
 * lm_product_blocks.h, before; this header then defines lm_product_narrow_ISA.
 */
#if defined(ISA)

#include "kernels/narrow/lm_narrow.h"
#include "kernels/neon/neon_products.h"

typedef floats row_total[VECTORS];

/* A tile, opened. */
struct opened {
    uint8x16_t u[LM_GROUP / 4][VECTORS];
    ints minimum[VECTORS];
    floats scale[VECTORS];
};

static inline __attribute__((always_inline)) void
open_plane(struct opened *o, const uint8_t *plane, const int width, const int left, bool is_first)
{
    const uint8x16_t mask = vdupq_n_u8((uint8_t)(((1 << width) - 1) << left));
    const int in_byte = 8 / width;
    for (int run = 0; run < LM_GROUP / 4 / in_byte; run++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            uint8x16_t all = vld1q_u8(plane + run * LM_NARROW_VECTOR + v * 16);
#pragma GCC unroll 8
            for (int i = 0; i < in_byte; i++) {
                uint8x16_t u = vshlq_u8(all, vdupq_n_s8((int8_t)(left - i * width)));
                uint8x16_t *to = &o->u[run * in_byte + i][v];
                u = vandq_u8(u, mask);
                *to = is_first ? u : vorrq_u8(*to, u);
            }
        }
}

#include "kernels/narrow/lm_narrow_planes.h"

static inline __attribute__((always_inline)) void open_tile(struct opened *o, const uint8_t *tile,
                                                            const int bits)
{
    const uint8_t *minima = lm_narrow_minima(tile, (unsigned)bits),
                  *scales = lm_narrow_scales(tile, (unsigned)bits);
    for (size_t v = 0; v < VECTORS; v++) {
        uint16_t upper[LANES];
        for (size_t i = 0; i < LANES; i++)
            o->minimum[v][i] = minima[v * LANES + i];
        memcpy(upper, scales + v * sizeof upper, sizeof upper);
        o->scale[v] = vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(upper), 16));
    }
    open_planes(o, tile, bits);
}

static inline __attribute__((always_inline)) void
add_opened(row_total *total, const struct opened *o, const int8_t *x, const float *x_scale,
           const int32_t *x_sum, size_t x_groups, const int n_rows)
{
    ints sum[TOGETHER][VECTORS];
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            sum[m][v] = start(0);
    add_group(sum, (const int8_t *)o->u, x, x_groups * LM_GROUP, n_rows);
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            ints dot = vmlsq_n_s32(sum[m][v], o->minimum[v], x_sum[(size_t)m * x_groups]);
            total[m][v] = scale_add(total[m][v], dot, x_scale[(size_t)m * x_groups], o->scale[v]);
        }
}

#define ADD_OPENED(N)                                                                              \
    static void add_opened_##N(row_total *total, const struct opened *o, const struct lm_rows *x,  \
                               size_t at)                                                          \
    {                                                                                              \
        add_opened(total, o, x->q + at * LM_GROUP, x->scale + at, x->sum + at, x->n_groups, N);    \
    }
ADD_OPENED(1)
ADD_OPENED(2)
ADD_OPENED(3)
ADD_OPENED(4)

static inline __attribute__((always_inline)) void
product_block(row_total *total, const struct lm_matrix_narrow *w, const uint8_t *tile,
              const struct lm_rows *x, size_t first, size_t n_rows, const int bits)
{
    static void (*const adds[TOGETHER])(row_total *, const struct opened *, const struct lm_rows *,
                                        size_t) = {add_opened_1, add_opened_2, add_opened_3,
                                                   add_opened_4};
    for (size_t m = 0; m < n_rows; m++)
        for (size_t v = 0; v < VECTORS; v++)
            total[m][v] = zero();
    for (size_t g = 0; g < w->n_groups; g++, tile += lm_narrow_tile_bytes((unsigned)bits)) {
        struct opened o;
        open_tile(&o, tile, bits);
        for (size_t m = 0; m < n_rows; m += TOGETHER) {
            size_t n = n_rows - m < TOGETHER ? n_rows - m : TOGETHER;
            adds[n - 1](total + m, &o, x, (first + m) * x->n_groups + g);
        }
    }
}

static inline void store_total(float *at, row_total *total, bool add_to)
{
    for (size_t v = 0; v < VECTORS; v++)
        store(at + v * LANES, add_to ? add(load(at + v * LANES), (*total)[v]) : (*total)[v]);
}

#include "kernels/narrow/lm_narrow_blocks.h"

#endif
