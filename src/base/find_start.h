/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds which of several adjacent stretches holds a place, by binary search over their starts.
 */
#ifndef TACIT_BASE_FIND_START_H
#define TACIT_BASE_FIND_START_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The last of n elements whose start is at most `place`; 0 if none is. n is 1 or more; the elements lie
 * `stride` bytes apart, and each has its start, a uint64_t, `offset` bytes from its own beginning;
 * starts ascend. */
static inline size_t find_start(const void *elements, size_t n, size_t stride, size_t offset,
                                uint64_t place)
{
    size_t low = 0, high = n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        uint64_t start;
        memcpy(&start, (const uint8_t *)elements + middle * stride + offset, sizeof start);
        if (start <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

#endif
