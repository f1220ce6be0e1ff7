/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_FEATURES_H
#define GOLDEN_FEATURES_H

#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"

enum { GOLDEN_SKIPPED = 77 }; /* the exit status that ctest takes for "skipped" */

/* Whether a test with these features alone would repeat another: the machine has no others, or it lacks the
 * last one that is named. */
static inline bool golden_features_repeat(const char *names)
{
    const char *comma = strrchr(names, ',');
    uint32_t some, last;
    if (cpu_features_named(names, &some) != TACIT_OK ||
        cpu_features_named(comma ? comma + 1 : names, &last) != TACIT_OK)
        return false; /* the test itself says what is wrong */
    return some == cpu_features() || (last == 0 && strcmp(names, "scalar") != 0);
}

#endif
