/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strict_math.h"

#include <stdbool.h>

/* x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
 */
float strict_log(float x)
{
    uint32_t bits = strict_to_bits(x);
    uint32_t shifted = bits - 0x3f3504f3u; /* the bits of sqrt(1/2) */
    int32_t e = (int32_t)(shifted & 0xff800000u) / (1 << 23);
    float m = strict_from_bits(bits - (shifted & 0xff800000u));
    float s = (m - 1.0f) / (m + 1.0f);
    float z = s * s;
    float q = 0.142857143f + z * 0.111111111f;
    q = 0.2f + z * q;
    q = 0.333333333f + z * q;
    float lead = s + s;
    float tail = lead * (z * q);
    float n = (float)e;
    return n * STRICT_LN2_HI + (lead + (tail + n * STRICT_LN2_LO));
}

float strict_stretch(float p)
{
    return strict_log(p / (1.0f - p));
}

/* Each line has one result under IEEE binary32 with rounding to nearest even, and another result
 * under a contraction, another rounding mode, flush-to-zero or excess precision. */
static bool arithmetic_is_strict(const volatile float *c)
{
    float one = c[0], tiny = c[1], min_normal = c[2], third = c[3], big = c[4];
    volatile float sum_even = one + tiny;             /* a tie: to even, 1 */
    volatile float sum_odd = (one + 2 * tiny) + tiny; /* a tie: to even, 1 + 2^-22 */
    volatile float negative = -one - tiny;            /* tells truncation from nearest */
    volatile float denormal = min_normal * 0.5f;      /* is not flushed when made ... */
    volatile float restored = denormal * 2.0f;        /* ... nor when read */
    volatile float product = third * third;
    volatile float contracted = third * third - product; /* an FMA leaves the rounding error */
    volatile float scaled = (big * 16.0f) * 0.0625f;     /* excess range would not overflow */
    return sum_even == 1.0f && strict_to_bits(sum_odd) == 0x3f800002u && negative == -1.0f &&
           strict_to_bits(denormal) == 0x00400000u && restored == min_normal &&
           contracted == 0.0f && strict_to_bits(product) == 0x3de38e3au &&
           strict_to_bits(scaled) == 0x7f800000u;
}

enum tacit_status strict_float_check(void)
{
    const volatile float constants[5] = {
        1.0f,
        strict_from_bits(0x33800000u), /* 2^-24 */
        strict_from_bits(0x00800000u), /* 2^-126 */
        strict_from_bits(0x3eaaaaabu), /* about 1/3 */
        strict_from_bits(0x7f000000u), /* 2^127 */
    };
    return arithmetic_is_strict(constants) ? TACIT_OK : TACIT_ERR_FLOAT;
}
