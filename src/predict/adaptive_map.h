/* SPDX-License-Identifier: Apache-2.0
 *
 * An adaptive probability: 22 bits of P(1) and a 10-bit count in one word. It moves towards each
 * bit by 1 / (count + 1.5), so that it starts as a mean. A limit bounds the count, so that it keeps
 * adapting.
 */
#ifndef TACIT_PREDICT_ADAPTIVE_MAP_H
#define TACIT_PREDICT_ADAPTIVE_MAP_H

#include <stdint.h>

enum { ADAPTIVE_LIMIT_MAX = 1023 };

/* reciprocal[n] = 65536 / (n + 1.5), rounded down. */
struct adaptive_rates {
    uint16_t reciprocal[ADAPTIVE_LIMIT_MAX + 1];
};

static inline void adaptive_rates_init(struct adaptive_rates *rates)
{
    for (uint32_t n = 0; n <= ADAPTIVE_LIMIT_MAX; n++)
        rates->reciprocal[n] = (uint16_t)(131072 / (2 * n + 3));
}

/* p_q16: 0 .. 65535; the count says for how many bits the start value counts. */
static inline uint32_t adaptive_start(uint32_t p_q16, uint32_t count)
{
    return p_q16 << 16 | count;
}

static inline uint32_t adaptive_p12(uint32_t word)
{
    return word >> 20;
}

static inline void adaptive_update(uint32_t *word, int bit, const struct adaptive_rates *rates,
                                   uint32_t limit)
{
    /* No branch: above the count, the distance to the bit is P(1) itself or its complement. */
    uint32_t flip = (0u - (uint32_t)bit) << 10, away = *word ^ flip, count = away & 1023;
    away -= (uint32_t)((uint64_t)(away >> 10) * rates->reciprocal[count] >> 16) << 10;
    away += (count - limit) >> 31; /* one more where it is below: both are at most 1023 */
    *word = away ^ flip;
}

#endif
