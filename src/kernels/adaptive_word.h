/* SPDX-License-Identifier: Apache-2.0
 *
 * An adaptive probability: 22 bits of P(1) and a 10-bit count in one word. It moves towards each
 * bit by 1 / (count + 1.5), so that it starts as a mean. A limit bounds the count, so that it keeps
 * adapting.
 */
#ifndef TACIT_KERNELS_ADAPTIVE_WORD_H
#define TACIT_KERNELS_ADAPTIVE_WORD_H

#include <stdint.h>

enum { ADAPTIVE_LIMIT_MAX = 1023 };

/* The word when it has learnt the bit. reciprocal[n] = 131072 / (2 n + 3), rounded down, for n up to ADAPTIVE_LIMIT_MAX. */
static inline uint32_t adaptive_learnt(uint32_t word, int bit, uint32_t limit,
                                       const uint16_t *reciprocal)
{
    /* No branch: above the count, the distance to the bit is P(1) itself or its complement. */
    uint32_t flip = (0u - (uint32_t)bit) << 10, away = word ^ flip;
    uint32_t count = away & ADAPTIVE_LIMIT_MAX;
    away -= (uint32_t)((uint64_t)(away >> 10) * reciprocal[count] >> 16) << 10;
    away += (count - limit) >> 31; /* one more where it is below: both are at most 1023 */
    return away ^ flip;
}

#endif
