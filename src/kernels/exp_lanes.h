/* SPDX-License-Identifier: Apache-2.0
 *
 * Exponentials and the logistic function of base/strict_math.h, a register of lanes at a time: the
 * same operations in the same order. The including file includes avx2_lanes.h, avx512_lanes.h or
 * neon_lanes.h before, which has the types and operations.
 */
#ifndef TACIT_KERNELS_EXP_LANES_H
#define TACIT_KERNELS_EXP_LANES_H

#if defined(LANES)

#include "base/strict_math.h"

/* strict_exp */
static inline floats exp_of(floats x)
{
    const floats bias = splat(STRICT_ROUND_BIAS);
    x = larger(x, splat(-STRICT_EXP_MAX));
    x = smaller(x, splat(STRICT_EXP_MAX));
    floats n = sub(add(mul(x, splat(STRICT_LOG2_E)), bias), bias);
    floats r = sub(sub(x, mul(n, splat(STRICT_LN2_HI))), mul(n, splat(STRICT_LN2_LO)));
    floats p = add(splat(STRICT_EXP_C6), mul(r, splat(STRICT_EXP_C7)));
    p = add(splat(STRICT_EXP_C5), mul(r, p));
    p = add(splat(STRICT_EXP_C4), mul(r, p));
    p = add(splat(STRICT_EXP_C3), mul(r, p));
    p = add(splat(STRICT_EXP_C2), mul(r, p));
    p = add(splat(1.0f), add(r, mul(mul(r, r), p)));
    return mul(p, as_floats(to_exponent(add_ints(round_to_ints(n), splat_ints(127)))));
}

/* strict_squash */
static inline floats squash_of(floats x)
{
    const floats one = splat(1.0f);
    return divide(one, add(one, exp_of(negate(x))));
}

/* strict_exp_brief of lanes that are within its range. */
static inline floats exp_brief_in_range(floats x)
{
    const floats bias = splat(STRICT_ROUND_BIAS);
    floats t = mul(x, splat(STRICT_LOG2_E));
    floats biased = add(t, bias);
    floats r = sub(t, sub(biased, bias));
    floats p = add(splat(STRICT_BRIEF_C3), mul(r, splat(STRICT_BRIEF_C4)));
    p = add(splat(STRICT_BRIEF_C2), mul(r, p));
    p = add(splat(STRICT_BRIEF_C1), mul(r, p));
    p = add(splat(1.0f), mul(r, p));
    return as_floats(add_ints(as_ints(p), to_exponent(as_ints(biased))));
}

/* strict_exp_brief of differences to the largest value, which are at most 0; a NaN counts as the
 * lower limit. */
static inline floats exp_brief_below(floats x)
{
    x = larger(x, splat(-STRICT_EXP_MAX));
    return exp_brief_in_range(smaller(x, zero()));
}

#endif

#endif
