/* SPDX-License-Identifier: Apache-2.0
 *
 * What each head loses if it keeps fewer positions, measured while a model reads with all of them: of some of the last
 * rows, the squares of what the mean of values changes by when it is taken of the positions alone that the head would have
 * kept (lm_keep.h: the sinks, the latest quarter, and those that have received most so far).
 *
 * All strict. Threads may measure different heads at a time, each with its own scratch.
 */
#ifndef TACIT_ENGINE_KV_KV_MEASURE_H
#define TACIT_ENGINE_KV_KV_MEASURE_H

#include "engine/kv_kinds.h"

enum { KV_N_LEVELS = 8 };

/* Sixteenths of the positions, ascending. */
extern const uint8_t kv_levels_in_parts[KV_N_LEVELS];

struct kv_measure_scratch {
    float *score; /* [n_queries][n_slots] */
    float *out;   /* [n_queries][head_dim] */
    struct kv_ranked {
        float received;
        uint32_t slot;
    } * order; /* [n_slots] */
};

struct kv_measure {
    size_t n_slots, from, step;         /* positions from, from + step ... are measured */
    float *received;                    /* [heads][n_slots] */
    float *lost;                        /* [heads][KV_N_LEVELS]: squares, summed */
    float *all;                         /* [heads]: those of the mean of all values */
    struct kv_measure_scratch *scratch; /* [members] */
};

void kv_measure_lay_out(struct kv_measure *m, size_t n_heads, size_t n_members, size_t n_queries,
                        size_t head_dim, struct arena *arena);

/* After kv_cache_weigh, which gave out; the rest as there. */
void kv_measure_row(const struct kv_measure *m, size_t head, size_t member,
                    const struct kv_use *use, const float *out, const float *sinks, size_t n_valid);

#endif
