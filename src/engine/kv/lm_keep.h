/* SPDX-License-Identifier: Apache-2.0
 *
 * Which positions a head keeps, where it has fewer slots than the layer looks back on: the sinks, the latest quarter,
 * and of the others those that have received the most attention.
 *
 * With few bits all that is near stays besides, and what leaves it comes here.
 *
 * Each slot has the attention that it has received: for each row and query that looked, its weight times the scale of
 * its value, as a share of the query's total. Positions fill the slots in order. After that a position takes
 * the slot of one that has left the layer's n_kept positions, if there is one, else of the one, neither a sink nor of
 * the latest quarter, that has received least; the first of equals. All strict: a row's victims follow from the rows
 * before it. Rows cannot be taken back.
 */
#ifndef TACIT_ENGINE_LM_KEEP_H
#define TACIT_ENGINE_LM_KEEP_H

#include "engine/kv_kinds.h"

/* Of one head of one stream. NULL where the head keeps all. */
struct lm_keep {
    float *received;     /* [n_slots] */
    uint32_t *positions; /* [n_slots]: their lower 32 bits */
    float *near;         /* [kv_near_slots]: what these received, with few bits */
};

void lm_keep_lay_out(struct lm_keep *keep, enum kv_kind kind, size_t n_slots, struct arena *arena);

/* The slot for the row's position; with few bits for the one that leaves what is near, which keeps what it received
 * there. use: of the row. The slot is that position's from now on. */
size_t lm_keep_take(const struct lm_keep *keep, const struct kv_use *use);

/* Notes what the row's queries paid attention to, after kv_cache_weigh of the first n_valid slots. */
void lm_keep_note(const struct lm_keep *keep, const struct kv_use *use, size_t n_valid);

#endif
