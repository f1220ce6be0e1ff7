/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary positions, the same on every machine at any distance. An angle is a fraction of a turn in
 * 64-bit fixed point, so that position times step, modulo 2^64, reduces the range exactly. Steps
 * are computed in integers, sines and cosines by a strict polynomial.
 */
#ifndef TACIT_ENGINE_ROPE_H
#define TACIT_ENGINE_ROPE_H

#include <stddef.h>
#include <stdint.h>

enum { ROPE_PAIRS_MAX = 256 };

struct rope {
    size_t n_pairs;
    uint64_t step[ROPE_PAIRS_MAX]; /* turns a position, times 2^64: base^(-i / n_pairs) / (2 pi) */
    float gain;                    /* of sines and cosines */
};

/* n_dims: even, 0 .. 2 ROPE_PAIRS_MAX. base: 2 .. 2^40. divisors: [n_dims / 2] of the steps, each taken within
 * ROPE_DIVISOR_MIN .. ROPE_DIVISOR_MAX; NULL: none. gain: 0 stands for 1. */
#define ROPE_DIVISOR_MIN 0.25f
#define ROPE_DIVISOR_MAX 0x1p20f
void rope_init(struct rope *rope, size_t n_dims, float base, const float *divisors, float gain);

/* cosine, sine: [n_pairs] */
void rope_angles(const struct rope *rope, uint64_t position, float *cosine, float *sine);

/* Rotates the pairs (x[i], x[i + n_pairs]) of one head. */
void rope_turn(float *x, const float *cosine, const float *sine, size_t n_pairs);

#endif
