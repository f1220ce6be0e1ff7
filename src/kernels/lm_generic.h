/* SPDX-License-Identifier: Apache-2.0
 *
 * The definition of every kernel of the language model. Inner loops run over independent lanes, so
 * that compilers can vectorise them. lm_scalar.c builds this text for the target's base instruction
 * set; an instruction set's file builds it again where that is good enough for some kernels.
 */
#ifndef TACIT_KERNELS_LM_GENERIC_H
#define TACIT_KERNELS_LM_GENERIC_H

#include <stdbool.h>

#include "base/strict_math.h"
#include "kernels/lanes.h"

/* The largest magnitude of a group as bits: for non-negative floats the order of bits is the order
 * of values, with infinities and NaNs on top, so this maximum is the same in any order of
 * comparison. */
static inline uint32_t lm_max_magnitude_bits(const float *x)
{
    uint32_t top = 0;
    for (int i = 0; i < LM_GROUP; i++) {
        uint32_t bits = strict_to_bits(x[i]) & 0x7fffffffu;
        top = bits > top ? bits : top;
    }
    return top;
}

static inline void lm_quantize_generic(int8_t *q, float *scale, int32_t *sum, const float *x,
                                       size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, x += LM_GROUP, q += LM_GROUP) {
        uint32_t top = lm_max_magnitude_bits(x);
        bool usable = top >= LM_TINY_BITS && top < LM_INFINITY_BITS;
        float a = strict_from_bits(top);
        float inverse = usable ? 127.0f / a : 0.0f;
        int32_t total = 0;
        for (int i = 0; i < LM_GROUP; i++) {
            float scaled = usable ? x[i] * inverse : 0.0f;
            int32_t rounded = (int32_t)((scaled + STRICT_ROUND_BIAS) - STRICT_ROUND_BIAS);
            q[i] = (int8_t)rounded;
            total += rounded;
        }
        scale[g] = usable ? a * (1.0f / 127.0f) : 0.0f;
        sum[g] = total;
    }
}

/* Dots of one group of one row of activations with the 16 rows of a tile. */
static inline void lm_tile_dots(int32_t dot[LM_TILE_ROWS], const struct lm_tile *tile,
                                const int8_t *x)
{
    for (int r = 0; r < LM_TILE_ROWS; r++)
        dot[r] = 0;
    for (int k = 0; k < LM_GROUP / 4; k++) {
        const int8_t *q = tile->q[k][0];
        int16_t x0 = (int16_t)x[4 * k], x1 = (int16_t)x[4 * k + 1];
        int16_t x2 = (int16_t)x[4 * k + 2], x3 = (int16_t)x[4 * k + 3];
        for (int r = 0; r < LM_TILE_ROWS; r++, q += 4)
            dot[r] += q[0] * x0 + q[1] * x1 + q[2] * x2 + q[3] * x3;
    }
}

static inline void lm_product_generic(float *y, size_t y_stride, const struct lm_matrix *w,
                                      const struct lm_rows *x, size_t n_rows, bool add)
{
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t m = 0; m < n_rows; m++) {
            const int8_t *q = x->q + m * x->n_groups * LM_GROUP;
            const float *x_scale = x->scale + m * x->n_groups;
            float *out = y + m * y_stride + b * LM_TILE_ROWS;
            float total[LM_TILE_ROWS] = {0};
            for (size_t g = 0; g < w->n_groups; g++) {
                const struct lm_tile *tile = w->tiles + b * w->stride + g;
                int32_t dot[LM_TILE_ROWS];
                lm_tile_dots(dot, tile, q + g * LM_GROUP);
                for (int r = 0; r < LM_TILE_ROWS; r++)
                    total[r] += ((float)dot[r] * x_scale[g]) * tile->scale[r];
            }
            for (int r = 0; r < LM_TILE_ROWS; r++)
                out[r] = add ? out[r] + total[r] : total[r];
        }
}

/* A tile of 3 bits. */
static inline void lm_unpack_three_generic(int8_t *q, const uint8_t *packed)
{
    for (size_t unit = 0; unit < lm_packed_tile_bytes(3); unit += LM_PACKED_UNIT)
        for (size_t s = 0; s < 8; s++, q += LM_PACKED_RUN) {
            const uint8_t *low = packed + unit + s / 4 * LM_PACKED_RUN;
            const uint8_t *high = packed + unit + 2 * (size_t)LM_PACKED_RUN;
            for (size_t i = 0; i < LM_PACKED_RUN; i++)
                q[i] = (int8_t)(2 * ((low[i] >> s % 4 * 2 & 3) | (high[i] >> s & 1) << 2) - 7);
        }
}

static inline void lm_unpack_generic(struct lm_tile *tiles, const uint8_t *packed, size_t n_tiles,
                                     unsigned bits)
{
    int mask = (1 << bits) - 1;
    for (size_t tile = 0; tile < n_tiles; tile++, packed += lm_packed_tile_bytes(bits)) {
        int8_t *q = tiles[tile].q[0][0];
        if (bits == 3) {
            lm_unpack_three_generic(q, packed);
            continue;
        }
        for (size_t run = 0; run < LM_GROUP * LM_TILE_ROWS * bits / 8; run += LM_PACKED_RUN)
            for (unsigned shift = 0; shift < 8; shift += bits, q += LM_PACKED_RUN)
                for (size_t i = 0; i < LM_PACKED_RUN; i++)
                    q[i] = (int8_t)(2 * (packed[run + i] >> shift & mask) - mask);
    }
}

static inline void lm_rotate_generic(float *y, const float *x, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, x += LM_GROUP, y += LM_GROUP) {
        for (size_t i = 0; i < LM_GROUP; i++)
            y[i] = x[i];
        for (size_t h = LM_GROUP / 2; h > 0; h /= 2)
            for (size_t i = 0; i < LM_GROUP; i += 2 * h)
                for (size_t j = i; j < i + h; j++) {
                    float a = y[j], b = y[j + h];
                    y[j] = a + b;
                    y[j + h] = a - b;
                }
        for (size_t i = 0; i < LM_GROUP; i++)
            y[i] *= 0.125f;
    }
}

static inline void lm_rms_norm_generic(float *y, const float *x, const float *gain, size_t n,
                                       float epsilon)
{
    float lane[KERNEL_LANES] = {0};
    for (size_t i = 0; i < n; i += KERNEL_LANES)
        for (int j = 0; j < KERNEL_LANES; j++)
            lane[j] += x[i + (size_t)j] * x[i + (size_t)j];
    float r = 1.0f / strict_sqrt(sum_lanes(lane) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] * r) * gain[i];
}

/* A NaN becomes the lower limit: no comparison with it is true. */
static inline float lm_clamp(float s)
{
    s = s > -LM_SCORE_MAX ? s : -LM_SCORE_MAX;
    return s < LM_SCORE_MAX ? s : LM_SCORE_MAX;
}

static inline float lm_attention_weights_generic(int8_t *q, float *scale, int32_t *sum,
                                                 const float *score, const float *value_scale,
                                                 size_t n_valid, float sink)
{
    float top = sink, lane[KERNEL_LANES] = {0}, weight[LM_GROUP];
    for (size_t i = 0; i < n_valid; i++)
        top = score[i] > top ? score[i] : top;
    top = top < LM_SCORE_MAX ? top : LM_SCORE_MAX;
    for (size_t g = 0; g * LM_GROUP < n_valid; g++) {
        for (size_t j = 0, i = g * LM_GROUP; j < LM_GROUP; i++, j++) {
            float x = score[i] - top;
            x = x > -STRICT_EXP_MAX ? x : -STRICT_EXP_MAX;
            x = x < 0.0f ? x : 0.0f;
            float e = i < n_valid ? strict_exp_brief(x) : 0.0f;
            lane[j % KERNEL_LANES] += e;
            weight[j] = i < n_valid ? e * value_scale[i] : 0.0f;
        }
        lm_quantize_generic(q + g * LM_GROUP, scale + g, sum + g, weight, 1);
    }
    return sum_lanes(lane) + strict_exp_brief(sink - top);
}

static inline void lm_swiglu_generic(float *y, const float *g, const float *u, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (g[i] / (1.0f + strict_exp_brief(-lm_clamp(g[i])))) * u[i];
}

static inline void lm_relu2_generic(float *y, const float *g, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = g[i] > 0.0f ? g[i] * g[i] : 0.0f;
}

static inline void lm_root_cap_generic(float *x, float cap, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float l = x[i] > -LM_ROOT_CAP_MAX ? x[i] : -LM_ROOT_CAP_MAX;
        l = l < LM_ROOT_CAP_MAX ? l : LM_ROOT_CAP_MAX;
        x[i] = (cap * l) * strict_rsqrt_brief(l * l + cap * cap);
    }
}

static inline float lm_biased(const float *x, const float *bias, size_t i)
{
    return bias ? x[i] + bias[i] : x[i];
}

static inline void lm_token_masses_generic(uint32_t *mass, const float *x, const float *bias,
                                           size_t n)
{
    float top = lm_biased(x, bias, 0);
    for (size_t i = 1; i < n; i++) {
        float l = lm_biased(x, bias, i);
        top = l > top ? l : top;
    }
    for (size_t i = 0; i < n; i++) {
        float e = strict_exp_brief(lm_biased(x, bias, i) - top);
        mass[i] = 1 + (uint32_t)(int32_t)(e * LM_MASS_ONE);
    }
}

static inline void lm_token_learn_generic(float *bias, const uint32_t *mass, float step, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bias[i] -= step * (float)(int32_t)mass[i];
}

#endif
