/* SPDX-License-Identifier: Apache-2.0
 *
 * A small counter-based random generator for the trainer: a seed gives the same numbers on any
 * machine. Not for secrets.
 */
#ifndef TACIT_WORKSHOP_NET_RANDOM_H
#define TACIT_WORKSHOP_NET_RANDOM_H

#include <math.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* A bijection of 64-bit words that mixes well (the finaliser of splitmix64). */
static inline uint64_t random_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static inline uint64_t random_next(struct random *random)
{
    return random_mix(random->state += 0x9E3779B97F4A7C15u);
}

/* [0, 1) */
static inline double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

static inline float random_normal(struct random *random)
{
    const double u = random_unit(random) + 0x1p-54, v = random_unit(random);
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

#endif
