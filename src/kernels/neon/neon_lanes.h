/* SPDX-License-Identifier: Apache-2.0
 *
 * Four lanes in a register of NEON, under the names that exp_lanes.h, lm_elementwise.h, lm_exponentials.h and
 * lm_product_blocks.h use.
 */
#ifndef TACIT_KERNELS_NEON_NEON_LANES_H
#define TACIT_KERNELS_NEON_NEON_LANES_H

#if defined(__aarch64__)

#include <arm_neon.h>
#include <stddef.h>

#define LANES 4
typedef int32x4_t ints;
typedef float32x4_t floats;

static inline floats zero(void)
{
    return vdupq_n_f32(0.0f);
}

static inline floats splat(float x)
{
    return vdupq_n_f32(x);
}

static inline floats sub(floats a, floats b)
{
    return vsubq_f32(a, b);
}

static inline floats mul(floats a, floats b)
{
    return vmulq_f32(a, b);
}

static inline floats divide(floats a, floats b)
{
    return vdivq_f32(a, b);
}

static inline floats negate(floats x)
{
    return vnegq_f32(x);
}

/* Of a NaN and a number, and of two zeros, the result is the second argument. */
static inline floats larger(floats a, floats b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline floats smaller(floats a, floats b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

static inline ints splat_ints(int32_t x)
{
    return vdupq_n_s32(x);
}

static inline ints add_ints(ints a, ints b)
{
    return vaddq_s32(a, b);
}

static inline ints sub_ints(ints a, ints b)
{
    return vsubq_s32(a, b);
}

static inline ints load_ints(const uint32_t *p)
{
    return vreinterpretq_s32_u32(vld1q_u32(p));
}

static inline floats to_floats(ints x)
{
    return vcvtq_f32_s32(x);
}

static inline ints as_ints(floats x)
{
    return vreinterpretq_s32_f32(x);
}

static inline floats as_floats(ints x)
{
    return vreinterpretq_f32_s32(x);
}

static inline ints mul_ints(ints a, ints b)
{
    return vmulq_s32(a, b);
}

static inline ints and_ints(ints a, ints b)
{
    return vandq_s32(a, b);
}

static inline ints xor_ints(ints a, ints b)
{
    return veorq_s32(a, b);
}

/* n: a constant */
#define shift_right(x, n) vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(x), n))
#define shift_left(x, n)  vshlq_n_s32(x, n)

static inline ints half_of(ints x)
{
    return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(x), 1));
}

/* x 2^23: from an exponent to its place in a float. */
static inline ints to_exponent(ints x)
{
    return vshlq_n_s32(x, 23);
}

static inline ints round_to_ints(floats x)
{
    return vcvtnq_s32_f32(x);
}

/* Towards zero. */
static inline ints cut_to_ints(floats x)
{
    return vcvtq_s32_f32(x);
}

/* All bits set in the lanes below n_valid, counted from i on; both are less than 2^31. */
static inline ints valid_lanes(size_t i, size_t n_valid)
{
    static const int32_t places[LANES] = {0, 1, 2, 3};
    ints lanes = add_ints(splat_ints((int32_t)i), vld1q_s32(places));
    return vreinterpretq_s32_u32(vcgtq_s32(splat_ints((int32_t)n_valid), lanes));
}

static inline floats keep(ints valid, floats x)
{
    return as_floats(vandq_s32(valid, as_ints(x)));
}

static inline floats choose(ints valid, floats x, floats other)
{
    return vbslq_f32(vreinterpretq_u32_s32(valid), x, other);
}

/* To p, which needs no alignment. */
static inline void store_ints(uint32_t *p, ints v)
{
    vst1q_u32(p, vreinterpretq_u32_s32(v));
}

/* The first n_valid lanes. */
static inline void store_valid(uint32_t *p, ints v, size_t n_valid)
{
    uint32_t lanes[LANES];
    store_ints(lanes, v);
    for (size_t k = 0; k < n_valid; k++)
        p[k] = lanes[k];
}

/* Of numbers. */
static inline float largest_lane(floats x)
{
    return vmaxvq_f32(x);
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

/* Sixteen lanes by the tree of lanes.h. */
static inline float sum_sixteen(const floats x[4])
{
    floats s4 = add(add(x[0], x[2]), add(x[1], x[3]));
    float32x2_t s2 = vadd_f32(vget_low_f32(s4), vget_high_f32(s4));
    return vget_lane_f32(s2, 0) + vget_lane_f32(s2, 1);
}

#endif

#endif
