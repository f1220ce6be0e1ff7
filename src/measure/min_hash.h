/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures to find texts that share many strings: in each of 128 bins, the smallest hash of all
 * strings of 12 bytes (one-permutation MinHash). Two texts' share of equal bins estimates the share
 * of strings that they have in common.
 */
#ifndef TACIT_MEASURE_MIN_HASH_H
#define TACIT_MEASURE_MIN_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { MIN_HASH_BINS = 128, MIN_HASH_STRING = 12, MIN_HASH_BANDS = 16 };

struct min_hash {
    uint32_t bin[MIN_HASH_BINS];
};

/* Texts shorter than a string count as one string. Empty bins borrow from their neighbours. */
void min_hash_make(struct min_hash *signature, const uint8_t *data, size_t n);

/* 0 .. 1 */
double min_hash_similarity(const struct min_hash *a, const struct min_hash *b);

/* Texts that have a band in common are compared: texts that share 80 % of their strings have one
 * with a probability of 95 %, texts that share half with 6 %. */
uint64_t min_hash_band(const struct min_hash *signature, unsigned band);

#endif
