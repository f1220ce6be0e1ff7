/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps of adaptive probabilities (kernels/adaptive_word.h).
 */
#ifndef TACIT_PREDICT_ADAPTIVE_MAP_H
#define TACIT_PREDICT_ADAPTIVE_MAP_H

#include <stdint.h>

#include "kernels/adaptive_word.h"

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
    *word = adaptive_learnt(*word, bit, limit, rates->reciprocal);
}

#endif
