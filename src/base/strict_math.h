/* SPDX-License-Identifier: Apache-2.0
 *
 * Elementary functions that give the same bits on every machine: built from IEEE binary32 + - * /
 * and conversions only, in one fixed order (docs/numerics.md). A relative error of about 2^-22 is
 * all that prediction needs; the tests assert the exact bounds.
 *
 * No function takes or returns a NaN or an infinity: arguments are clamped to the stated range.
 * strict_float_check tells whether this machine computes so.
 */
#ifndef TACIT_BASE_STRICT_MATH_H
#define TACIT_BASE_STRICT_MATH_H

#include <assert.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

#include "tacit/status.h"

static_assert(FLT_EVAL_METHOD == 0, "binary32 expressions must be evaluated in binary32");
static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && FLT_MAX_EXP == 128, "float must be binary32");

/* Tests at run time, with the thread's present floating-point mode, for rounding to nearest even,
 * gradual underflow, no fused multiply-add and no excess precision. TACIT_OK or TACIT_ERR_FLOAT. */
enum tacit_status strict_float_check(void);

static inline float strict_from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t strict_to_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

/* The constants and coefficients that scalar code and kernels share. exp: x = n ln 2 + r, |r| <=
 * 0.347, ln 2 in two parts of which the first has 9 trailing zero bits, so that n times it is
 * exact; then the series of exp(r) up to r^7. */
#define STRICT_EXP_MAX    87.0f
#define STRICT_LOG2_E     1.44269504f
#define STRICT_LN2_HI     0.693145752f
#define STRICT_LN2_LO     1.42860677e-6f
#define STRICT_ROUND_BIAS 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer */
#define STRICT_EXP_C2     0.5f
#define STRICT_EXP_C3     0.166666667f
#define STRICT_EXP_C4     0.0416666667f
#define STRICT_EXP_C5     0.00833333333f
#define STRICT_EXP_C6     0.00138888889f
#define STRICT_EXP_C7     0.000198412698f

/* e^x; x is clamped to [-87, 87], where the result is a normal number. */
static inline float strict_exp(float x)
{
    x = x < -STRICT_EXP_MAX ? -STRICT_EXP_MAX : x;
    x = x > STRICT_EXP_MAX ? STRICT_EXP_MAX : x;
    float n = (x * STRICT_LOG2_E + STRICT_ROUND_BIAS) - STRICT_ROUND_BIAS;
    float r = (x - n * STRICT_LN2_HI) - n * STRICT_LN2_LO;
    float p = STRICT_EXP_C6 + r * STRICT_EXP_C7;
    p = STRICT_EXP_C5 + r * p;
    p = STRICT_EXP_C4 + r * p;
    p = STRICT_EXP_C3 + r * p;
    p = STRICT_EXP_C2 + r * p;
    p = 1.0f + (r + (r * r) * p);
    return p * strict_from_bits((uint32_t)((int32_t)n + 127) << 23);
}

/* e^x to a relative error of 2^-16, in some half of strict_exp's operations: x / ln 2 = n + r, |r|
 * <= 0.5, and a polynomial for 2^r. Same range. */
#define STRICT_BRIEF_C1 0.693105334f
#define STRICT_BRIEF_C2 0.240221678f
#define STRICT_BRIEF_C3 0.0560057883f
#define STRICT_BRIEF_C4 0.0096760371f

static inline float strict_exp_brief(float x)
{
    x = x < -STRICT_EXP_MAX ? -STRICT_EXP_MAX : x;
    x = x > STRICT_EXP_MAX ? STRICT_EXP_MAX : x;
    float t = x * STRICT_LOG2_E;
    float biased = t + STRICT_ROUND_BIAS; /* its lowest bits are n */
    float r = t - (biased - STRICT_ROUND_BIAS);
    float p = STRICT_BRIEF_C3 + r * STRICT_BRIEF_C4;
    p = STRICT_BRIEF_C2 + r * p;
    p = STRICT_BRIEF_C1 + r * p;
    p = 1.0f + r * p;
    return strict_from_bits(strict_to_bits(p) + (strict_to_bits(biased) << 23));
}

/* 1 / sqrt(x) to a relative error of 2^-17, for normal x below 2^126: a guess by halving the
 * exponent, and two steps of Newton's. */
#define STRICT_RSQRT_GUESS 0x5f375a86u

static inline float strict_rsqrt_brief(float x)
{
    float half = 0.5f * x;
    float y = strict_from_bits(STRICT_RSQRT_GUESS - (strict_to_bits(x) >> 1));
    y = y * (1.5f - half * (y * y));
    return y * (1.5f - half * (y * y));
}

/* The logistic function 1 / (1 + e^-x): a probability from a stretched one. Above 0 always; rounds
 * to 1 for x above about 17, so where that matters compute the smaller side. */
static inline float strict_squash(float x)
{
    return 1.0f / (1.0f + strict_exp(-x));
}

/* The machine's square root: IEEE says how it rounds. With -fno-math-errno this is one instruction
 * without a call. */
static inline float strict_sqrt(float x)
{
    return __builtin_sqrtf(x);
}

/* Natural logarithm of a positive normal number. */
float strict_log(float x);

/* ln(p / (1 - p)) for p in [2^-30, 1 - 2^-24]. */
float strict_stretch(float p);

#endif
