/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a table's checks on every variant that this machine has.
 */
#ifndef TACIT_TESTS_KERNELS_VARIANTS_H
#define TACIT_TESTS_KERNELS_VARIANTS_H

#include <stdint.h>

#include "base/cpu.h"
#include "kernels/kernels.h"

/* A row of a kernel table: compares the variant with the reference, if it has one of its own. */
#define CHECK_ROW(name, result, parameters)                                                        \
    if (variant->name != reference->name)                                                          \
        check_##name(reference, variant, label);

typedef void check_variant(const struct kernels *reference, const struct kernels *variant,
                           const char *label);

static inline void check_features(check_variant *check, uint32_t features, const char *label)
{
    struct kernels reference, variant;
    kernels_select(&reference, CPU_SCALAR);
    kernels_select(&variant, features);
    check(&reference, &variant, label);
}

/* Each feature alone, and with all that come before it: variants may build on one another. */
static inline void check_variants(check_variant *check)
{
    uint32_t features = cpu_features();
#define CHECK_FEATURE(flag, bit, name)                                                             \
    if (features & flag) {                                                                         \
        check_features(check, flag, name " alone");                                                \
        check_features(check, features &((2u << (bit)) - 1), name);                                \
    }
    CPU_FEATURE_TABLE(CHECK_FEATURE)
#undef CHECK_FEATURE
}

#endif
