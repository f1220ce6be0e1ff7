/* SPDX-License-Identifier: Apache-2.0
 *
 * Four lanes in a register of NEON, and what products with dot products and without share, under the
 * names that lm_product_blocks.h uses.
 */
#ifndef TACIT_KERNELS_NEON_LANES_H
#define TACIT_KERNELS_NEON_LANES_H

#if defined(__aarch64__)

#include <arm_neon.h>

#define LANES 4
typedef int32x4_t ints;
typedef float32x4_t floats;

static inline floats zero(void)
{
    return vdupq_n_f32(0.0f);
}

static inline floats add(floats a, floats b)
{
    return vaddq_f32(a, b);
}

static inline floats load(const float *p)
{
    return vld1q_f32(p);
}

static inline void store(float *p, floats v)
{
    vst1q_f32(p, v);
}

static inline floats scale_add(floats total, ints sum, float x_scale, floats w_scale)
{
    floats scaled = vmulq_f32(vcvtq_f32_s32(sum), vdupq_n_f32(x_scale));
    return vaddq_f32(total, vmulq_f32(scaled, w_scale));
}

static inline int8x16_t broadcast_four(const int8_t *x)
{
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

struct lm_weights64 {
    int8x16_t w[4];
};

static inline struct lm_weights64 load_weights(const int8_t (*p)[4])
{
    const int8_t *from = p[0];
    return (struct lm_weights64){
        {vld1q_s8(from), vld1q_s8(from + 16), vld1q_s8(from + 32), vld1q_s8(from + 48)}};
}

static inline ints start(int32_t sum)
{
    (void)sum;
    return vdupq_n_s32(0);
}

#endif

#endif
