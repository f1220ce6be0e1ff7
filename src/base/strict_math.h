/* SPDX-License-Identifier: Apache-2.0
 *
 * Elementary functions that give the same bits on every machine: built from IEEE binary32 + - * /
 * and conversions only, in one fixed order (docs/numerics.md). Not the last word in accuracy: a
 * relative error of some 2^-22 is all that prediction needs; the exact bounds are asserted in the
 * tests.
 *
 * No function takes or returns a NaN or an infinity: arguments are clamped to the stated range.
 * strict_float_check tells once per process start whether this machine keeps the promise.
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

/* Rounding to nearest even, gradual underflow, no fused multiply-add, no excess precision: tried at
 * run time, with the thread's present floating-point mode. TACIT_OK or TACIT_ERR_FLOAT. */
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

/* The logistic function 1 / (1 + e^-x): a probability from a stretched one. Strictly inside (0, 1)
 * below; rounds to 1 for x above about 17, so take the small side where that matters. */
static inline float strict_squash(float x)
{
    return 1.0f / (1.0f + strict_exp(-x));
}

/* The machine's square root: IEEE says how it rounds. Built with -fno-math-errno, this is one
 * instruction and calls nothing. */
static inline float strict_sqrt(float x)
{
    return __builtin_sqrtf(x);
}

/* Natural logarithm of a positive normal number. */
float strict_log(float x);

/* ln(p / (1 - p)) for p in [2^-30, 1 - 2^-24]. */
float strict_stretch(float p);

#endif
