/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 6: what one head of keys and values keeps of a stream, and attention.
 */
#ifndef TACIT_REFERENCE_MODEL_PAST_H
#define TACIT_REFERENCE_MODEL_PAST_H

#include "model_steps.h"

/* Keys and values by slot. */
struct slots8 {
    int8_t *key, *value;            /* [slots][head_dim] */
    float *key_scale, *value_scale; /* [slots][head_dim / 64] */
};

/* One row of columns: a key and a value each, which may not count. */
struct columns {
    size_t n, n_far; /* n_far: of these, the first, which lie far; a multiple of 64 */
    const int8_t **key, **value;
    const float **key_scale, **value_scale;
    float *score;
    bool *counts;
};

struct past {
    size_t head_dim, n_kept, n_sinks;
    size_t n_slots;                /* fewer than n_kept if only a share is kept */
    size_t near_slots, n_near;     /* with fewer bits: slots near by, positions there */
    float *received;               /* [n_slots]: attention, then */
    float *near_received;          /* [near_slots]: the same of what is near */
    uint64_t *position;            /* [n_slots]: what lies there */
    unsigned key_bits, value_bits; /* 8, or what lies far is kept with fewer */
    struct slots8 slots;           /* with fewer bits: what lies far */
    struct slots8 near;            /* with fewer bits */
    float *sink_keys;              /* [4][head_dim]: before they are turned */
    struct columns columns;        /* the present row's, ... */
    struct rounded query, weight;
};

enum { NEAR_SLOTS_MAX = 256 };

/* kind: 0 keeps 8 bits, others few, all but 6 of all positions alone. n_slots: of the positions that are kept; n_kept: all. */
void make_past(struct past *past, size_t head_dim, size_t n_kept, size_t n_sinks, unsigned kind,
               size_t n_slots);

/* value NULL: the key of sink number `position` is turned anew. */
void store(struct past *past, uint64_t position, const float *key, const float *value);

/* What the row at a position sees: out, [head_dim], is the mean of the values. */
void attend(struct past *past, uint64_t position, const float *query, float sink, float score_cap,
            float *out);

#endif
