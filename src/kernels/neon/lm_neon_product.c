/* SPDX-License-Identifier: Apache-2.0
 *
 * Products by NEON without dot products. Two products of 127 by 127 fit 16 bits, so the bytes of two fours of columns
 * are multiplied and added there, in halves of a register, and neighbours' sums are added to 32 bits. The two
 * sums of a row of weights meet at the end.
 */
#if defined(__aarch64__)

#include "kernels/neon/neon_products.h"

#define ISA neon

static_assert(2 * LM_Q_MAX * LM_Q_MAX < 1 << 15, "two products are exact in 16 bits");

/* Sums of four rows of weights, each in two lanes. */
struct sum_pair {
    ints low, high;
};

/* Adds the dots of four rows of weights with two fours of activations, x. */
static inline struct sum_pair add_eight(struct sum_pair sum, const int8x16_t w[2],
                                        const int8x16_t x[2])
{
    int16x8_t low = vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0]));
    int16x8_t high = vmull_high_s8(w[0], x[0]);
    low = vmlal_s8(low, vget_low_s8(w[1]), vget_low_s8(x[1]));
    high = vmlal_high_s8(high, w[1], x[1]);
    return (struct sum_pair){vpadalq_s16(sum.low, low), vpadalq_s16(sum.high, high)};
}

/* Four bytes, four times. */
static inline int8x16_t broadcast_four(const int8_t *x)
{
    return vreinterpretq_s8_s32(vld1q_dup_s32((const int32_t *)(const void *)x));
}

/* add_group of one or two rows, whose sums fit the registers. */
static inline __attribute__((always_inline)) void
add_rows(ints (*sum)[VECTORS], const int8_t *w, const int8_t *x, size_t x_stride, const int n_rows)
{
    struct sum_pair pair[2][VECTORS];
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            pair[m][i] = (struct sum_pair){start(0), start(0)};
    for (int k = 0; k < LM_GROUP; k += 8, w += 8 * LM_TILE_ROWS) {
        int8x16_t fours[2][2];
#pragma GCC unroll 2
        for (int m = 0; m < n_rows; m++) {
            fours[m][0] = broadcast_four(x + (size_t)m * x_stride + k);
            fours[m][1] = broadcast_four(x + (size_t)m * x_stride + k + 4);
        }
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            const int8x16_t weights[2] = {vld1q_s8(w + 16 * i),
                                          vld1q_s8(w + 4 * LM_TILE_ROWS + 16 * i)};
#pragma GCC unroll 2
            for (int m = 0; m < n_rows; m++)
                pair[m][i] = add_eight(pair[m][i], weights, fours[m]);
        }
    }
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = add_ints(sum[m][i], vpaddq_s32(pair[m][i].low, pair[m][i].high));
}

static inline __attribute__((always_inline)) void
add_group(ints (*sum)[VECTORS], const int8_t *w, const int8_t *x, size_t x_stride, const int n_rows)
{
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m += 2)
        add_rows(sum + m, w, x + (size_t)m * x_stride, x_stride, n_rows - m < 2 ? 1 : 2);
}

static_assert(LM_INT4_GROUP / 4 * 15 * LM_Q_MAX < 1 << 15, "eight products are exact in 16 bits");

/* sum_half of one or two rows. */
static inline __attribute__((always_inline)) void sum_half_rows(ints (*sum)[VECTORS],
                                                                const uint8_t (*q)[LM_TILE_ROWS][4],
                                                                const int8_t *x, size_t x_stride,
                                                                const int n_rows)
{
    int16x8_t low[2][VECTORS], high[2][VECTORS];
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            low[m][i] = high[m][i] = vdupq_n_s16(0);
#pragma GCC unroll 1
    for (int j = 0; j < LM_INT4_GROUP / 8; j++) {
        int8x16_t fours[2][2];
#pragma GCC unroll 2
        for (int m = 0; m < n_rows; m++) {
            fours[m][0] = broadcast_four(x + (size_t)m * x_stride + 4 * j);
            fours[m][1] = broadcast_four(x + (size_t)m * x_stride + 4 * j + 16);
        }
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++) {
            uint8x16_t both = vld1q_u8(q[j][4 * i]);
            int8x16_t a = low_fours(both), b = high_fours(both);
#pragma GCC unroll 2
            for (int m = 0; m < n_rows; m++) {
                int8x16_t x0 = fours[m][0], x1 = fours[m][1];
                int16x8_t l = vmlal_s8(low[m][i], vget_low_s8(a), vget_low_s8(x0));
                int16x8_t h = vmlal_high_s8(high[m][i], a, x0);
                low[m][i] = vmlal_s8(l, vget_low_s8(b), vget_low_s8(x1));
                high[m][i] = vmlal_high_s8(h, b, x1);
            }
        }
    }
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = vpaddlq_s16(vpaddq_s16(low[m][i], high[m][i]));
}

static inline __attribute__((always_inline)) void sum_half(ints (*sum)[VECTORS],
                                                           const uint8_t (*q)[LM_TILE_ROWS][4],
                                                           const int8_t *x, size_t x_stride,
                                                           const int n_rows)
{
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m += 2)
        sum_half_rows(sum + m, q, x + (size_t)m * x_stride, x_stride, n_rows - m < 2 ? 1 : 2);
}

#include "kernels/lm_int4_blocks.h"
#include "kernels/lm_product_blocks.h"
#include "kernels/neon/neon_narrow.h"

void lm_kernels_init_neon_products(struct kernels *kernels)
{
    kernels->lm_product = lm_product_neon;
    kernels->lm_product_int4 = lm_product_int4_neon;
    kernels->lm_product_narrow = lm_product_narrow_neon;
}

#endif
