/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 10: from a guess of a number to a prediction of its next bit.
 */
#ifndef TACIT_REFERENCE_GUESS_H
#define TACIT_REFERENCE_GUESS_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of the number: it is in low .. low + size - 1. */
struct interval {
    uint64_t range, low, size; /* G, low, size */
};

float guess_bit(const struct interval *in, float guess, float scale); /* B */

/* The same of a number whose edges lie elsewhere: at is the middle of the guess; stops: B is 0 where the interval is
 * narrow. */
struct edges {
    float low, middle, high;
};
float guess_edges(const struct interval *in, struct edges edges, float at, float scale, bool stops);

void interval_learn(struct interval *in, int bit);

unsigned bucket_of(float B);
uint32_t bucket_start(unsigned bucket); /* the counter */

#endif
