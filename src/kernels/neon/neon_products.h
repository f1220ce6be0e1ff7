/* SPDX-License-Identifier: Apache-2.0
 *
 * What products with and without dot-product instructions share beside the lanes.
 */
#ifndef TACIT_KERNELS_NEON_NEON_PRODUCTS_H
#define TACIT_KERNELS_NEON_NEON_PRODUCTS_H

#if defined(__aarch64__)

#include "kernels/kernels.h"
#include "kernels/lm_isa.h"
#include "kernels/neon/neon_lanes.h"

enum { TOGETHER = 4 /* rows of activations in registers */, VECTORS = LM_TILE_ROWS / LANES };

static inline floats scale_add(floats total, ints sum, float x_scale, floats w_scale)
{
    floats scaled = vmulq_n_f32(vcvtq_f32_s32(sum), x_scale);
    return vaddq_f32(total, vmulq_f32(scaled, w_scale));
}

static inline ints start(int32_t sum)
{
    (void)sum;
    return vdupq_n_s32(0);
}

static inline int32_t sum_of_32(const int8_t *q)
{
    return vaddlvq_s16(vpadalq_s8(vpaddlq_s8(vld1q_s8(q)), vld1q_s8(q + 16)));
}

/* Four finite numbers of binary16. */
static inline floats load_halves(const uint16_t *p)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

/* Sixteen numbers of 4 bits, as bytes. */
static inline int8x16_t low_fours(uint8x16_t both)
{
    return vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(15)));
}

static inline int8x16_t high_fours(uint8x16_t both)
{
    return vreinterpretq_s8_u8(vshrq_n_u8(both, 4));
}

#endif

#endif
