/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 5: hashed contexts.
 */
#ifndef TACIT_REFERENCE_CONTEXTS_H
#define TACIT_REFERENCE_CONTEXTS_H

#include "component.h"

struct slots *make_slots(uint32_t n_lines); /* L */

enum { CONTEXTS_MAX = 48 };

struct context {
    uint64_t hash;
    struct slot *run_slot;
    uint8_t *nodes, no_nodes[15];
    unsigned expected, run_kind, r;
    uint32_t H[256], Q[32];
};

struct context_set {
    bool strong;
    struct slots *slots;
    uint64_t salt;
    unsigned n, n_given; /* given: contexts of the coming byte so far */
    unsigned known;
    struct context context[CONTEXTS_MAX];
};

/* Adds the inputs to the component's. */
struct context_set *make_contexts(struct setup *setup, struct component *component, unsigned n);

/* The next context of the coming byte; those beyond the set's number are ignored. */
void context(struct context_set *set, uint64_t number);

void contexts_predict(struct context_set *set, const struct seen *seen, struct given *given);
void contexts_learn(struct context_set *set, const struct seen *seen, int bit);

#endif
