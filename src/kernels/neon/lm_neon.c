/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's element-wise kernels and reductions, four lanes in a register; lm_neon_product.c has the products.
 */
#if defined(__aarch64__)

#include <stdbool.h>
#include <string.h>

#include "kernels/neon/neon_lanes.h"

#include "base/strict_math.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_isa.h"

#define ISA neon

enum { GROUP_VECTORS = LM_GROUP / LANES };

/* The largest magnitude of a group as bits, as lm_max_magnitude_bits. */
static inline uint32_t largest_magnitude(const floats x[GROUP_VECTORS])
{
    uint32x4_t top = vdupq_n_u32(0);
#pragma GCC unroll 16
    for (int i = 0; i < GROUP_VECTORS; i++)
        top = vmaxq_u32(top, vreinterpretq_u32_f32(vabsq_f32(x[i])));
    return vmaxvq_u32(top);
}

/* Four registers times inverse, rounded, as bytes. */
static inline int8x16_t round_sixteen(const floats *x, float inverse)
{
    int16x8_t half[2];
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        int16x8_t a = vreinterpretq_s16_s32(round_to_ints(vmulq_n_f32(x[2 * i], inverse)));
        int16x8_t b = vreinterpretq_s16_s32(round_to_ints(vmulq_n_f32(x[2 * i + 1], inverse)));
        half[i] = vuzp1q_s16(a, b);
    }
    return vuzp1q_s8(vreinterpretq_s8_s16(half[0]), vreinterpretq_s8_s16(half[1]));
}

static void lm_quantize_neon(int8_t *q, float *scale, int32_t *sum, const float *x, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, x += LM_GROUP, q += LM_GROUP) {
        floats v[GROUP_VECTORS];
#pragma GCC unroll 16
        for (int i = 0; i < GROUP_VECTORS; i++)
            v[i] = load(x + i * LANES);
        uint32_t bits = largest_magnitude(v);
        bool usable = bits >= LM_TINY_BITS && bits < LM_INFINITY_BITS;
        float a = strict_from_bits(bits);
        scale[g] = usable ? a * (1.0f / 127.0f) : 0.0f;
        sum[g] = 0;
        if (!usable) {
            memset(q, 0, LM_GROUP);
            continue;
        }
        int16x8_t total = vdupq_n_s16(0);
#pragma GCC unroll 4
        for (int i = 0; i < LM_GROUP / 16; i++) {
            int8x16_t bytes = round_sixteen(v + 4 * i, 127.0f / a);
            total = vpadalq_s8(total, bytes);
            vst1q_s8(q + 16 * i, bytes);
        }
        sum[g] = vaddlvq_s16(total);
    }
}

static inline __attribute__((always_inline)) void unpack_tile(int8_t *q, const uint8_t *packed,
                                                              const int bits)
{
    const uint8x16_t mask = vdupq_n_u8((uint8_t)((1 << bits) - 1));
    for (int run = 0; run < LM_GROUP * LM_TILE_ROWS * bits / 8; run += LM_PACKED_RUN) {
        uint8x16_t low = vld1q_u8(packed + run), high = vld1q_u8(packed + run + 16);
#pragma GCC unroll 4
        for (int shift = 0; shift < 8; shift += bits, q += LM_PACKED_RUN) {
            const int8x16_t by = vdupq_n_s8((int8_t)-shift);
            uint8x16_t a = vandq_u8(vshlq_u8(low, by), mask);
            uint8x16_t b = vandq_u8(vshlq_u8(high, by), mask);
            vst1q_s8(q, vreinterpretq_s8_u8(vsubq_u8(vaddq_u8(a, a), mask)));
            vst1q_s8(q + 16, vreinterpretq_s8_u8(vsubq_u8(vaddq_u8(b, b), mask)));
        }
    }
}

static void unpack_three(int8_t *q, const uint8_t *packed)
{
    const uint8x16_t two = vdupq_n_u8(3), four = vdupq_n_u8(4), seven = vdupq_n_u8(7);
    for (int unit = 0; unit < LM_GROUP * LM_TILE_ROWS; unit += LM_PACKED_UNIT_VALUES) {
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++, q += LM_PACKED_RUN)
#pragma GCC unroll 2
            for (int i = 0; i < LM_PACKED_RUN; i += 16) {
                uint8x16_t low = vld1q_u8(packed + s / 4 * LM_PACKED_RUN + i);
                uint8x16_t high = vld1q_u8(packed + 2 * LM_PACKED_RUN + i);
                uint8x16_t n = vandq_u8(vshlq_u8(low, vdupq_n_s8((int8_t)(-2 * (s % 4)))), two);
                n = vorrq_u8(n, vandq_u8(vshlq_u8(high, vdupq_n_s8((int8_t)(2 - s))), four));
                vst1q_s8(q + i, vreinterpretq_s8_u8(vsubq_u8(vaddq_u8(n, n), seven)));
            }
        packed += LM_PACKED_UNIT;
    }
}

static inline floats join_pairs(floats a, floats b, bool upper)
{
    float64x2_t pairs[2] = {vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)};
    return vreinterpretq_f32_f64(upper ? vtrn2q_f64(pairs[0], pairs[1])
                                       : vtrn1q_f64(pairs[0], pairs[1]));
}

/* The stages of distances 2 and 1 in two registers at once: the numbers change places so that a register has the first
 * ones of four pairs, and another the second ones. */
static inline void rotate_within(floats *a, floats *b)
{
    floats first = join_pairs(*a, *b, false), second = join_pairs(*a, *b, true);
    floats sums = add(first, second), differences = sub(first, second);
    first = vtrn1q_f32(sums, differences);
    second = vtrn2q_f32(sums, differences);
    sums = add(first, second);
    differences = sub(first, second);
    *a = vzip1q_f32(sums, differences);
    *b = vzip2q_f32(sums, differences);
}

static inline void rotate_group(float *y, const float *x)
{
    floats v[GROUP_VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < GROUP_VECTORS; i++)
        v[i] = load(x + i * LANES);
#pragma GCC unroll 4
    for (int h = GROUP_VECTORS / 2; h > 0; h /= 2)
#pragma GCC unroll 16
        for (int i = 0; i < GROUP_VECTORS; i++)
            if (!(i & h)) {
                floats a = v[i], b = v[i + h];
                v[i] = add(a, b);
                v[i + h] = sub(a, b);
            }
#pragma GCC unroll 8
    for (int i = 0; i < GROUP_VECTORS; i += 2)
        rotate_within(&v[i], &v[i + 1]);
#pragma GCC unroll 16
    for (int i = 0; i < GROUP_VECTORS; i++)
        store(y + i * LANES, mul(v[i], splat(0.125f)));
}

static void lm_rotate_neon(float *y, const float *x, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++)
        rotate_group(y + g * LM_GROUP, x + g * LM_GROUP);
}

#include "kernels/lm_elementwise.h"
#include "kernels/lm_exponentials.h"

void lm_kernels_init_neon(struct kernels *kernels)
{
    lm_kernels_init_neon_products(kernels);
    kernels->lm_quantize = lm_quantize_neon;
    kernels->lm_unpack = lm_unpack_neon;
    kernels->lm_rotate = lm_rotate_neon;
    kernels->lm_rms_norm = lm_rms_norm_neon;
    kernels->lm_attention_weights = lm_attention_weights_neon;
    kernels->lm_swiglu = lm_swiglu_neon;
    kernels->lm_relu2 = lm_relu2_neon;
    kernels->lm_root_cap = lm_root_cap_neon;
    kernels->lm_token_masses = lm_token_masses_neon;
    kernels->lm_token_learn = lm_token_learn_neon;
}

#endif
