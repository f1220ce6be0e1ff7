/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 10: from a guess of a number to a prediction of its next bit.
 */
#ifndef TACIT_REFERENCE_GUESS_H
#define TACIT_REFERENCE_GUESS_H

#include <stdint.h>

/* What is known of the number: it is in low .. low + size - 1. */
struct interval {
    uint32_t range, low, size; /* G, low, size */
};

float guess_bit(const struct interval *in, float guess, float scale); /* B */
void interval_learn(struct interval *in, int bit);

unsigned bucket_of(float B);
uint32_t bucket_start(unsigned bucket); /* the counter */

#endif
