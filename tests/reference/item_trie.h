/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, sections 7 and 8: the items of a vocabulary in their order, and what a model says of them.
 */
#ifndef TACIT_REFERENCE_ITEM_TRIE_H
#define TACIT_REFERENCE_ITEM_TRIE_H

#include "model_file.h"

struct item {
    const uint8_t *bytes;
    uint32_t n;
    uint32_t token; /* n_tokens: a bare byte */
};

struct items {
    uint32_t n_tokens, n;
    struct item *item; /* by place */
};

/* Of the rest of the program. */
void make_items(struct items *items, const struct model *model);

/* Of a walk to an item: places low .. high - 1 are left, and `position` decisions are taken. */
struct walk {
    uint32_t low, high, position;
};

/* The first place behind a 0 of the decision that comes now, 0 if all are equal in it. */
uint32_t split_of(const struct items *items, const struct walk *walk);
/* That decision of a place. */
int decision_of(const struct items *items, uint32_t place, uint32_t taken);

struct distribution {
    const struct items *items;
    float *bias, *biased; /* [n_tokens]; bias NULL: unmixed */
    uint32_t *mass;       /* [n_tokens] */
    uint64_t *sum;        /* [places + 1] */
};

void make_distribution(struct distribution *d, const struct items *items, bool mixed);
void set_masses(struct distribution *d, const float *logits);
/* Mixed: after an item. */
void learn_place(struct distribution *d, uint32_t place);
/* Unmixed: makes the masses parts of 2^30. */
void make_parts(struct distribution *d);
/* ln of the ratio of a 1 to a 0, within 14. */
float stretch_of(const struct distribution *d, const struct walk *walk, uint32_t split);

#endif
