/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights of 4 bits (struct lm_tile_int4): how their numbers are read, and the definition of their product.
 */
#ifndef TACIT_KERNELS_LM_INT4_H
#define TACIT_KERNELS_LM_INT4_H

#include <stdbool.h>

#include "base/strict_math.h"
#include "kernels/lm_kernels.h"

#define LM_HALF_SHIFT 13       /* from binary16's fraction to binary32's */
#define LM_HALF_GAIN  0x1p112f /* and from its exponent, denormals too; exact */

static inline bool lm_half_is_finite(uint16_t half)
{
    return (half & 0x7c00) != 0x7c00;
}

/* A finite binary16 as a float, exactly. */
static inline float lm_half_to_float(uint16_t half)
{
    float magnitude = strict_from_bits((uint32_t)(half & 0x7fff) << LM_HALF_SHIFT) * LM_HALF_GAIN;
    return half & 0x8000 ? -magnitude : magnitude;
}

static inline unsigned lm_int4_get(const struct lm_tile_int4 *tile, size_t row, size_t column)
{
    size_t half = column / LM_INT4_GROUP, within = column % LM_INT4_GROUP;
    unsigned byte = tile->q[4 * half + within % 16 / 4][row][within % 4];
    return within < 16 ? byte & 15 : byte >> 4;
}

/* Dots of the 16 rows of half a tile with the 32 bytes at x. */
static inline void lm_int4_dots(int32_t dot[LM_TILE_ROWS], const uint8_t (*q)[LM_TILE_ROWS][4],
                                const int8_t *x)
{
    for (int r = 0; r < LM_TILE_ROWS; r++)
        dot[r] = 0;
    for (int j = 0; j < LM_INT4_GROUP / 8; j++)
        for (int r = 0; r < LM_TILE_ROWS; r++)
            for (int b = 0; b < 4; b++)
                dot[r] += (q[j][r][b] & 15) * x[4 * j + b] + (q[j][r][b] >> 4) * x[16 + 4 * j + b];
}

static inline void lm_int4_add_half(float total[LM_TILE_ROWS], const struct lm_tile_int4 *tile,
                                    int half, const int8_t *x, float x_scale)
{
    int32_t dot[LM_TILE_ROWS], sum = 0;
    lm_int4_dots(dot, tile->q + 4 * half, x);
    for (int i = 0; i < LM_INT4_GROUP; i++)
        sum += x[i];
    for (int r = 0; r < LM_TILE_ROWS; r++) {
        total[r] += ((float)dot[r] * x_scale) * lm_half_to_float(tile->scale[half][r]);
        total[r] += ((float)sum * x_scale) * lm_half_to_float(tile->minimum[half][r]);
    }
}

static inline void lm_product_int4_generic(float *y, size_t y_stride,
                                           const struct lm_matrix_int4 *w, const struct lm_rows *x,
                                           size_t n_rows, bool add)
{
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t m = 0; m < n_rows; m++) {
            const int8_t *q = x->q + m * x->n_groups * LM_GROUP;
            float *out = y + m * y_stride + b * LM_TILE_ROWS;
            float total[LM_TILE_ROWS] = {0};
            for (size_t g = 0; g < w->n_groups; g++)
                for (int half = 0; half < 2; half++)
                    lm_int4_add_half(total, w->tiles + b * w->stride + g, half,
                                     q + g * LM_GROUP + (size_t)half * LM_INT4_GROUP,
                                     x->scale[m * x->n_groups + g]);
            for (int r = 0; r < LM_TILE_ROWS; r++)
                out[r] = add ? out[r] + total[r] : total[r];
        }
}

#endif
