/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 1: binary32 functions and the hashes' constants; and memory of zeros.
 */
#ifndef TACIT_REFERENCE_ARITHMETIC_H
#define TACIT_REFERENCE_ARITHMETIC_H

#include <stddef.h>
#include <stdint.h>

#define K0 UINT64_C(0x9e3779b97f4a7c15)
#define K1 UINT64_C(0xd6e8feb86659fd93)
#define K2 UINT64_C(0xbf58476d1ce4e5b9)
#define K  UINT32_C(0x9e3779b1)

float dot(const float *a, const float *b, unsigned n);
float exp_whole(float x);
float natural_log(float x);
float squash(float x);
float stretch(float p);

static inline float bounded(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* All of it is given back at once, by forget. */
void *zeros(size_t n_bytes);
void forget(void);

#endif
