/* SPDX-License-Identifier: Apache-2.0
 *
 * How many numbers are how large, by eighths of an octave: enough to tell outliers when the root mean square is known at
 * the end alone.
 */
#ifndef TACIT_WORKSHOP_INSPECT_SIZES_H
#define TACIT_WORKSHOP_INSPECT_SIZES_H

#include <stdint.h>
#include <string.h>

enum {
    SIZES_MANTISSA = 3, /* bits of it that tell sizes apart */
    SIZES_SHIFT = 23 - SIZES_MANTISSA,
    SIZES_N = 256 << SIZES_MANTISSA,
};

struct sizes {
    uint64_t n[SIZES_N];
};

static inline void sizes_add(struct sizes *sizes, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    sizes->n[(bits & 0x7fffffffu) >> SIZES_SHIFT]++;
}

/* The share of the numbers beyond the limit; those of the limit's own eighth are beyond it if the eighth's middle is. */
static inline double sizes_beyond(const struct sizes *sizes, float limit)
{
    double beyond = 0, all = 0;
    for (uint32_t i = 0; i < SIZES_N; i++) {
        uint32_t bits = i << SIZES_SHIFT | UINT32_C(1) << (SIZES_SHIFT - 1);
        float middle;
        memcpy(&middle, &bits, sizeof middle);
        all += (double)sizes->n[i];
        beyond += middle > limit ? (double)sizes->n[i] : 0;
    }
    return all > 0 ? beyond / all : 0;
}

#endif
