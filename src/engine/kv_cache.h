/* SPDX-License-Identifier: Apache-2.0
 *
 * The KV cache of one head of one stream: a key and a value in each of n_slots slots.
 *
 *     kv_cache_lay_out -> { kv_cache_copy | kv_cache_begin -> { kv_cache_rows -> kv_cache_store* -> kv_cache_score
 *                           -> kv_cache_weigh }* }*
 *
 * Attention calls these functions and does not know how keys and values are stored; the cache's
 * kind (kv_kinds.h) decides that. Attention decides which slot a position takes, and turns the
 * keys by the position's angles. n_slots is a multiple of 64, head_dim too.
 *
 * A cache and a scratch belong to one thread at a time.
 */
#ifndef TACIT_ENGINE_KV_CACHE_H
#define TACIT_ENGINE_KV_CACHE_H

#include "engine/kv_kinds.h"

/* So many rows of n_queries queries each look together at most: what is read for them is then used often enough. */
enum { KV_QUERIES = 16 };
static inline size_t kv_rows_max(size_t n_queries)
{
    return n_queries < KV_QUERIES ? KV_QUERIES / n_queries : 1;
}

/* Without memory the arenas only count. The scratch serves caches of this kind and KV_INT8, of up to n_slots slots
 * and up to n_queries queries. */
void kv_cache_lay_out(struct kv_cache *cache, enum kv_kind kind, size_t head_dim, size_t n_slots,
                      struct arena *arena);
void kv_scratch_lay_out(struct kv_scratch *scratch, enum kv_kind kind, size_t n_queries,
                        size_t head_dim, size_t n_slots, struct arena *arena);

/* Before the first of n_rows rows of a stream that store and look one after the other, the first at use->position; the
 * scratch serves no other cache until they are done. */
void kv_cache_begin(const struct kv_use *use, size_t n_rows);

/* How many of n_rows rows from use->position on, at least 1, may look together: each stores before the first one looks, and
 * sees no more than if it came alone. They share the reading of keys and values, and their sums are the same. */
size_t kv_cache_rows(const struct kv_use *use, size_t n_rows);

/* Of use->position. key, value: [head_dim], 64-byte aligned. value NULL: a sink's key is turned anew; the slot keeps
 * its value. */
void kv_cache_store(const struct kv_use *use, size_t slot, const float *key, const float *value);

/* Copies a slot's stored key and value to a slot of another cache of the same kind and head_dim. Kinds of few bits
 * need no copies of what is taken back, and make none. */
void kv_cache_copy(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,
                   size_t from_slot);

/* Copies the first n_slots slots, a multiple of 64 that both have, and all that a kind keeps beside its slots. */
void kv_cache_copy_first(const struct kv_cache *to, const struct kv_cache *from, size_t n_slots);

/* Scores, of use->n_rows rows: the product of each of queries [n_queries][head_dim], those of row r at r * row_stride, with
 * the keys of the first n_valid + r slots, to the scratch, where kv_cache_weigh reads them. n_valid: of a row at
 * use->position. */
void kv_cache_score(const struct kv_use *use, const float *queries, size_t row_stride,
                    size_t n_valid);

/* out: [n_rows][n_queries][head_dim], 64-byte aligned: the mean of the values of the first n_valid + row slots,
 * weighted by e^score. sinks: [n_queries], within +-LM_SCORE_MAX: each counts as the score of a
 * value of zero; -LM_SCORE_MAX has no effect. */
void kv_cache_weigh(const struct kv_use *use, float *out, const float *sinks, size_t n_valid);

#endif
