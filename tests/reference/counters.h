/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, sections 2 and 3: counters and bit histories.
 */
#ifndef TACIT_REFERENCE_COUNTERS_H
#define TACIT_REFERENCE_COUNTERS_H

#include <stdint.h>

struct histories {
    unsigned n;
    uint8_t after[256][2], n0[256], n1[256];
};

extern struct histories histories;
extern float ST[4096]; /* section 1 */

/* Fills both tables. */
void make_tables(void);

static inline uint32_t counter(uint32_t v, uint32_t c)
{
    return v << 16 | c;
}

void counter_learn(uint32_t *counter, int bit, uint32_t limit);

/* As inputs. */
float counter_S(uint32_t counter);
float counter_D(uint32_t counter);

#endif
