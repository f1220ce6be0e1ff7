/* SPDX-License-Identifier: Apache-2.0
 *
 * How many bits a record costs a small context model that has read other records: order 0 to 3 and
 * 5, blended by Witten and Bell's escape estimate. Counts are shared by all scorers and change in
 * novelty_learn only; what a record repeats of itself is counted in the scorer's own small tables.
 *
 * A hashed context has one line of 64 bytes: a check, its total, and counts by hashed symbol. Some
 * 0.1 us a byte.
 */
#ifndef TACIT_MEASURE_NOVELTY_H
#define TACIT_MEASURE_NOVELTY_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct novelty;
struct novelty_scorer;

/* memory_log2: bytes of the shared tables, 16 .. 32. */
enum tacit_status novelty_create(struct novelty **novelty, unsigned memory_log2);
void novelty_destroy(struct novelty *novelty);

/* A thread's own. novelty outlives it. */
enum tacit_status novelty_scorer_create(struct novelty_scorer **scorer,
                                        const struct novelty *novelty);
void novelty_scorer_destroy(struct novelty_scorer *scorer);

/* Bits of the record, given what novelty has learnt. Any number of scorers at a time, but not while
 * it learns. */
double novelty_bits(struct novelty_scorer *scorer, const uint8_t *data, size_t n);

void novelty_learn(struct novelty *novelty, const uint8_t *data, size_t n);

#endif
