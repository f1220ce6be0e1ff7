/* SPDX-License-Identifier: Apache-2.0
 *
 * Products by SDOT, signed by signed, which takes four activations from a lane of a register that has sixteen; the other
 * kernels are those of lm_neon.c.
 */
#if defined(__aarch64__)

#include "kernels/neon/neon_products.h"

#define ISA dotprod

/* Adds the dots with the i-th four of sixteen activations, x. */
static inline ints add_four(ints sum, int8x16_t w, int8x16_t x, const int i)
{
    return i == 0   ? vdotq_laneq_s32(sum, w, x, 0)
           : i == 1 ? vdotq_laneq_s32(sum, w, x, 1)
           : i == 2 ? vdotq_laneq_s32(sum, w, x, 2)
                    : vdotq_laneq_s32(sum, w, x, 3);
}

static inline __attribute__((always_inline)) void
add_group(ints (*sum)[VECTORS], const int8_t *w, const int8_t *x, size_t x_stride, const int n_rows)
{
    for (int k = 0; k < LM_GROUP; k += 16) {
        int8x16_t sixteen[TOGETHER];
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++)
            sixteen[m] = vld1q_s8(x + (size_t)m * x_stride + k);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
#pragma GCC unroll 4
            for (int i = 0; i < VECTORS; i++, w += 16) {
                int8x16_t weights = vld1q_s8(w);
#pragma GCC unroll 4
                for (int m = 0; m < n_rows; m++)
                    sum[m][i] = add_four(sum[m][i], weights, sixteen[m], j);
            }
    }
}

static inline __attribute__((always_inline)) void sum_half(ints (*sum)[VECTORS],
                                                           const uint8_t (*q)[LM_TILE_ROWS][4],
                                                           const int8_t *x, size_t x_stride,
                                                           const int n_rows)
{
    int8x16_t first[TOGETHER], second[TOGETHER];
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++) {
        first[m] = vld1q_s8(x + (size_t)m * x_stride);
        second[m] = vld1q_s8(x + (size_t)m * x_stride + 16);
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = start(0);
    }
#pragma GCC unroll 4
    for (int j = 0; j < LM_INT4_GROUP / 8; j++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            uint8x16_t both = vld1q_u8(q[j][4 * i]);
            int8x16_t low = low_fours(both), high = high_fours(both);
#pragma GCC unroll 4
            for (int m = 0; m < n_rows; m++)
                sum[m][i] = add_four(add_four(sum[m][i], low, first[m], j), high, second[m], j);
        }
}

#include "kernels/lm_int4_blocks.h"
#include "kernels/lm_product_blocks.h"
#include "kernels/neon/neon_narrow.h"

void lm_kernels_init_dotprod(struct kernels *kernels)
{
    kernels->lm_product = lm_product_dotprod;
    kernels->lm_product_int4 = lm_product_int4_dotprod;
    kernels->lm_product_narrow = lm_product_narrow_dotprod;
}

#endif
