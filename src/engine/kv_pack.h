/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of 64 numbers of a key or value at few bits: rounded to levels with one scale, and packed into
 * tiles (kernels/lm_kernels.h has the order). All strict.
 */
#ifndef TACIT_ENGINE_KV_PACK_H
#define TACIT_ENGINE_KV_PACK_H

#include <string.h>

#include "base/strict_math.h"
#include "kernels/kernels.h"
#include "kernels/lm_generic.h"

/* To the nearest float of which the lower 16 bits are zero, to even from the middle. */
static inline uint16_t kv_upper_half(float x)
{
    uint32_t bits = strict_to_bits(x);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float kv_scale_value(uint16_t scale)
{
    return strict_from_bits((uint32_t)scale << 16);
}

static inline void kv_scale_values(float *restrict value, const uint16_t *restrict scale, size_t n)
{
    for (size_t i = 0; i < n; i++)
        value[i] = kv_scale_value(scale[i]);
}

/* What turns numbers into levels, and back. */
struct kv_rounding {
    float scale, inverse, half, top;
};

static inline struct kv_rounding kv_rounding_of(float scale, unsigned bits)
{
    float top = (float)((1 << bits) - 1);
    return (struct kv_rounding){scale, 0.5f / scale, 0.5f * top, top};
}

static inline float kv_round(const struct kv_rounding *r, float x)
{
    float n = x * r->inverse + r->half;
    n = n > 0.0f ? n : 0.0f;
    n = n < r->top ? n : r->top;
    return (n + STRICT_ROUND_BIAS) - STRICT_ROUND_BIAS;
}

static inline float kv_squared_error(const struct kv_rounding *r, const float *x)
{
    float lane[KERNEL_LANES] = {0};
    for (size_t i = 0; i < LM_GROUP; i += KERNEL_LANES)
        for (size_t j = 0; j < KERNEL_LANES; j++) {
            float error = x[i + j] - (2.0f * kv_round(r, x[i + j]) - r->top) * r->scale;
            lane[j] += error * error;
        }
    return sum_lanes(lane);
}

/* Levels n of x[0 .. 64): x is about (2 n + 1 - 2^bits) scale. Of the candidates for the scale, the one with the least
 * sum of squared errors, the first of equals. Returns the scale as the upper half of a float's bits. Like
 * lm_quantize, gives scale 0 to groups that are too small or not finite. Candidates are the scale that just reaches
 * the largest number, times 1 - j / 16: few bits lose less if some numbers are cut off. */
static inline uint16_t kv_levels(uint8_t level[LM_GROUP], const float *x, unsigned bits)
{
    int first = bits == 2 ? 3 : 0, end = bits == 4 ? 4 : bits == 3 ? 8 : 11; /* j */
    uint16_t best = 0;
    uint32_t top = lm_max_magnitude_bits(x);
    float a = strict_from_bits(top) * (1.0f / (float)((1 << bits) - 1)), least = 0.0f;
    memset(level, 0, LM_GROUP);
    if (top < LM_TINY_BITS || top >= LM_INFINITY_BITS)
        return 0;
    for (int j = first; j < end; j++) {
        uint16_t scale = kv_upper_half(a * (1.0f - (float)j * 0.0625f));
        struct kv_rounding rounding = kv_rounding_of(kv_scale_value(scale), bits);
        float error = kv_squared_error(&rounding, x);
        if (best != 0 && !(error < least))
            continue;
        best = scale;
        least = error;
    }
    struct kv_rounding rounding = kv_rounding_of(kv_scale_value(best), bits);
    for (size_t i = 0; i < LM_GROUP; i++)
        level[i] = (uint8_t)(int32_t)kv_round(&rounding, x[i]);
    return best;
}

/* Sets number i of runs of 1, 2 or 4 bits. */
static inline void kv_run_set(uint8_t *runs, unsigned bits, size_t i, unsigned n)
{
    size_t run_values = LM_PACKED_RUN * 8 / bits, within = i % run_values;
    uint8_t *byte = runs + i / run_values * LM_PACKED_RUN + within % LM_PACKED_RUN;
    unsigned shift = (unsigned)(within / LM_PACKED_RUN) * bits, mask = ((1u << bits) - 1) << shift;
    *byte = (uint8_t)((*byte & ~mask) | n << shift);
}

/* Sets number i of a packed tile, in the order of lm_tile.q. */
static inline void kv_packed_set(uint8_t *tile, unsigned bits, size_t i, unsigned n)
{
    uint8_t *unit = tile + i / LM_PACKED_UNIT_VALUES * LM_PACKED_UNIT;
    size_t within = i % LM_PACKED_UNIT_VALUES;
    if (bits != 3) {
        kv_run_set(tile, bits, i, n);
        return;
    }
    kv_run_set(unit, 2, within, n & 3);
    kv_run_set(unit + 2 * LM_PACKED_RUN, 1, within, n >> 2);
}

#endif
