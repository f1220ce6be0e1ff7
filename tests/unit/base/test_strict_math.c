/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy against the C library's double functions, and the exact bits of a few values, which must
 * not change: archives depend on them.
 */
#include "base/strict_math.h"

#include <math.h>

#include "check.h"

static void check_accuracy(void)
{
    double worst_exp = 0, worst_log = 0, worst_squash = 0, worst_brief = 0, worst_rsqrt = 0;
    for (int i = -870000; i <= 870000; i++) {
        float x = (float)i * 1e-4f;
        worst_exp = fmax(worst_exp, fabs(strict_exp(x) / exp(x) - 1));
        worst_brief = fmax(worst_brief, fabs(strict_exp_brief(x) / exp(x) - 1));
        worst_squash = fmax(worst_squash, fabs(strict_squash(x) * (1 + exp(-(double)x)) - 1));
        float y = strict_from_bits(0x3f800000u + (uint32_t)(i * 1000));
        worst_log = fmax(worst_log, fabs(strict_log(y) - log(y)) / fmax(fabs(log(y)), 1e-3));
        worst_rsqrt = fmax(worst_rsqrt, fabs(strict_rsqrt_brief(y) * sqrt((double)y) - 1));
    }
    CHECK_MSG(worst_exp < 3e-7, "%g", worst_exp);
    CHECK_MSG(worst_log < 3e-7, "%g", worst_log);
    CHECK_MSG(worst_squash < 3e-7, "%g", worst_squash);
    CHECK_MSG(worst_brief < 0x1p-16, "%g", worst_brief);
    CHECK_MSG(worst_rsqrt < 0x1p-17, "%g", worst_rsqrt);
}

static void check_inverse(void)
{
    float before = -100;
    for (int i = 1; i < 65536; i++) {
        float p = (float)i / 65536.0f, x = strict_stretch(p);
        CHECK_MSG(x > before, "stretch(%g) does not grow", p);
        CHECK_MSG(fabsf(strict_squash(x) - p) <= 4e-7f * (p + 0.1f), "squash(stretch(%g))", p);
        CHECK_MSG(fabsf(x + strict_stretch(1 - p)) < 2e-6f * (1 + fabsf(x)), "stretch(1 - %g)", p);
        before = x;
    }
    CHECK(strict_stretch(0.5f) == 0 && strict_squash(0) == 0.5f);
}

static void check_range(void)
{
    CHECK(strict_exp(0) == 1.0f && strict_log(1) == 0.0f);
    CHECK(strict_exp_brief(0) == 1.0f && strict_exp_brief(-1000) == strict_exp_brief(-87));
    CHECK(strict_exp(-1000) == strict_exp(-87) && strict_exp(-87) > FLT_MIN);
    CHECK(strict_exp(1000) == strict_exp(87) && strict_exp(87) < FLT_MAX);
}

static uint64_t mix(uint64_t hash, float value)
{
    return (hash ^ strict_to_bits(value)) * UINT64_C(0x100000001b3);
}

/* The bits themselves are part of the archive format. */
static void check_bits(void)
{
    uint64_t brief_bits = 1, rsqrt_bits = 1, exp_bits = 1, log_bits = 1, squash_bits = 1,
             stretch_bits = 1;
    for (int i = -40000; i <= 40000; i++) {
        exp_bits = mix(exp_bits, strict_exp((float)i * 0.00217f));
        brief_bits = mix(brief_bits, strict_exp_brief((float)i * 0.00217f));
        squash_bits = mix(squash_bits, strict_squash((float)i * 0.0005f));
    }
    for (int i = 1; i < 65536; i++) {
        log_bits = mix(log_bits, strict_log((float)i * 0.013f));
        rsqrt_bits = mix(rsqrt_bits, strict_rsqrt_brief((float)i * 0.013f));
        stretch_bits = mix(stretch_bits, strict_stretch((float)i / 65536.0f));
    }
    CHECK_MSG(exp_bits == UINT64_C(0x1e0f7ab89bbd0924), "%llx", (unsigned long long)exp_bits);
    CHECK_MSG(log_bits == UINT64_C(0xc25731f24577a7f4), "%llx", (unsigned long long)log_bits);
    CHECK_MSG(brief_bits == UINT64_C(0xd85ee6622adea3cf), "%llx", (unsigned long long)brief_bits);
    CHECK_MSG(rsqrt_bits == UINT64_C(0x6a9e6cdc98e45a7e), "%llx", (unsigned long long)rsqrt_bits);
    CHECK_MSG(squash_bits == UINT64_C(0xf7477bc8a04a2e9e), "%llx", (unsigned long long)squash_bits);
    CHECK_MSG(stretch_bits == UINT64_C(0xa80296aee70403fb), "%llx",
              (unsigned long long)stretch_bits);
}

int main(void)
{
    check_bits();
    check_accuracy();
    check_inverse();
    check_range();
    CHECK(strict_float_check() == TACIT_OK);
    return check_result();
}
