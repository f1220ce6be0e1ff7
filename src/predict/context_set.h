/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of hashed byte contexts over one slot table: the workhorse of the components. Each context
 * gives CONTEXT_INPUTS inputs a bit: what its bit history has come to mean, how sure that is, and
 * what its last byte was if that still fits.
 *
 * Call order: context_set_lay_out; then per byte context_set_hash for each context (in any order)
 * and per bit context_set_predict, context_set_update.
 */
#ifndef TACIT_PREDICT_CONTEXT_SET_H
#define TACIT_PREDICT_CONTEXT_SET_H

#include "predict/inputs.h"
#include "predict/slot_table.h"

enum {
    CONTEXT_SET_MAX = 32,
    CONTEXT_INPUTS = 3,
    RUN_KINDS = 32, /* run lengths 1 .. 15 and above, times the predicted bit */
};

struct context_set {
    struct slot_table table;
    const struct cm_tables *tables;
    uint32_t (*map)[BIT_HISTORY_STATES]; /* [n]: history to probability */
    uint32_t (*run_map)[RUN_KINDS];      /* [n]: run to probability of a 1 */
    unsigned n;
};

struct context_set_stream {
    uint64_t hash[CONTEXT_SET_MAX];
    struct slot *slot[CONTEXT_SET_MAX];     /* of the present nibble */
    struct slot *run_slot[CONTEXT_SET_MAX]; /* of the byte's first nibble */
    uint32_t *run_entry[CONTEXT_SET_MAX];   /* NULL: no run fits */
    unsigned n_known; /* contexts whose history of the present bit is not empty */
};

void context_set_lay_out(struct context_set *set, struct cm_setup *setup, unsigned n_contexts,
                         unsigned bytes_log2);

/* Sets context i (0 .. n - 1) for the coming byte. Contexts of different i never meet. */
static inline void context_set_hash(struct context_set_stream *stream, unsigned i, uint64_t context)
{
    uint64_t h = (context + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h += (uint64_t)i << 57;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    stream->hash[i] = h ^ h >> 32;
}

void context_set_predict(struct context_set *set, struct context_set_stream *stream,
                         const struct cm_history *history, struct mixer_inputs *inputs);

void context_set_update(struct context_set *set, struct context_set_stream *stream,
                        const struct cm_history *history, int bit);

#endif
