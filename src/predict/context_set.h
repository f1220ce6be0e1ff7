/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of hashed byte contexts over the slot table, of which most components are made. Each
 * context gives CONTEXT_INPUTS inputs a bit: the probability that its bit history stands for, how
 * sure that is, and the byte of its run if that still fits. In quick models a context gives the
 * first of these alone.
 *
 * Call order: context_set_lay_out; then per byte context_set_hash for each context (in any order)
 * and per bit context_set_predict, context_set_update.
 */
#ifndef TACIT_PREDICT_CONTEXT_SET_H
#define TACIT_PREDICT_CONTEXT_SET_H

#include "predict/inputs.h"

enum {
    CONTEXT_SET_MAX = 48, /* a multiple of KERNEL_LANES */
    CONTEXT_INPUTS = 3,
    /* no run that fits; run lengths 1 .. 14 and above; each times the predicted bit */
    RUN_KINDS = 32,
};

/* The probabilities that one context's histories and runs stand for. */
struct context_maps {
    uint32_t history[BIT_HISTORY_STATES];
    uint32_t run[RUN_KINDS];
};

struct context_set {
    struct slot_table *slots;
    const struct input_tables *tables;
    const struct kernels *kernels;
    struct context_maps *maps; /* [n] */
    unsigned n;
    uint64_t salt; /* keeps the contexts of different sets apart */
    bool full;     /* all of CONTEXT_INPUTS */
};

struct context_set_stream {
    uint64_t hash[CONTEXT_SET_MAX];
    uint8_t *nodes[CONTEXT_SET_MAX];        /* of the present nibble's slot */
    struct slot *run_slot[CONTEXT_SET_MAX]; /* of the byte's first nibble */
    uint16_t expected[CONTEXT_SET_MAX];     /* 256 + the run's byte; 0 if there is no run */
    uint8_t no_slot[CONTEXT_SET_MAX][16];   /* used in place of slots that were not made */
    uint8_t run_kind[CONTEXT_SET_MAX];
    /* Of the present bit: the entries of the maps that predict it, and what they hold. */
    uint8_t run_now[CONTEXT_SET_MAX], state_now[CONTEXT_SET_MAX];
    uint32_t history_now[CONTEXT_SET_MAX] __attribute__((aligned(64)));
    uint32_t run_word[CONTEXT_SET_MAX] __attribute__((aligned(64)));
    unsigned n_known; /* contexts whose history of the present bit is not empty */
};

void context_set_lay_out(struct context_set *set, struct input_setup *setup, unsigned n_contexts);

/* Sets context i (0 .. n - 1) for the coming byte. Contexts of different i never meet. */
static inline void context_set_hash(struct context_set_stream *stream, unsigned i, uint64_t context)
{
    uint64_t h = (context + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h += (uint64_t)i << 57;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    stream->hash[i] = h ^ h >> 32;
}

/* Before context_set_predict, with the history as it is at bit 0 or as it may be at bit 4: asks for the slots' cache lines
 * of that bit, so that other work can go on while they are fetched. Optional. */
void context_set_prefetch(const struct context_set *set, const struct context_set_stream *stream,
                          const struct history *history);

void context_set_predict(struct context_set *set, struct context_set_stream *stream,
                         const struct history *history, struct mixer_inputs *inputs);

void context_set_update(struct context_set *set, struct context_set_stream *stream,
                        const struct history *history, int bit);

#endif
