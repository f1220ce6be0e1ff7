/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies of the model's state behind beginnings of a text that later texts share, the shortest beginning first: those
 * that are made, and those that are planned for when the model will have read so much.
 *
 *     eval_copies_keep -> eval_copies_plan* -> { eval_copies_next -> eval_copies_make }*, for each text; eval_copies_keep(0)
 */
#ifndef TACIT_MEASURE_EVAL_COPIES_H
#define TACIT_MEASURE_EVAL_COPIES_H

#include "engine/lm.h"

enum { EVAL_COPIES_MAX = 8 };

struct eval_copies {
    struct eval_copy {
        size_t n_tokens;
        uint8_t *saved; /* of stream 0 */
    } items[EVAL_COPIES_MAX];
    size_t n_made, n_planned; /* of all: the first ones are made */
};

/* Forgets the copies of more than n_tokens, and what is planned. */
void eval_copies_keep(struct eval_copies *copies, size_t n_tokens);

/* The longest copy; NULL: none is made. */
const struct eval_copy *eval_copies_last(const struct eval_copies *copies);

/* n_tokens: more than of all that are made and planned. Nothing happens if there is no room. */
void eval_copies_plan(struct eval_copies *copies, size_t n_tokens);

/* After how many tokens the next copy is to be made; SIZE_MAX: none is planned. */
size_t eval_copies_next(const struct eval_copies *copies);

/* Makes that copy. TACIT_ERR_MEMORY. */
enum tacit_status eval_copies_make(struct eval_copies *copies, const struct lm_state *lm);

#endif
