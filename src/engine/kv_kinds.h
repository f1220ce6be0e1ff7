/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of KV caches: what kv_cache.c and the kinds' files share.
 *
 * To add a kind: a row in KV_KINDS and a file kv_cache_KIND.c with its six functions.
 */
#ifndef TACIT_ENGINE_KV_KINDS_H
#define TACIT_ENGINE_KV_KINDS_H

#include "base/arena.h"
#include "kernels/kernels.h"

/* X(kind, suffix of its functions) */
#define KV_KINDS(X)                                                                                \
    X(KV_INT8, int8) /* int8, a scale for each 64 values of a position: kv_cache_int8.c */

enum kv_kind {
#define KV_KIND(kind, suffix) kind,
    KV_KINDS(KV_KIND)
#undef KV_KIND
};

struct kv_cache {
    enum kv_kind kind;
    size_t head_dim, n_slots;
    void *keys, *values, *scales; /* as the kind stores them */
};

/* Room for the queries of one head of keys and values; each crew member has one scratch for all
 * caches. */
struct kv_scratch {
    struct lm_rows query;  /* [queries][head_dim / 64] */
    struct lm_rows weight; /* [queries][n_slots / 64] */
    struct lm_rows one;    /* [1][head_dim / 64]: a key or a value */
    float *score;          /* [queries][n_slots] */
    float *total;          /* [queries] */
};

/* A cache and the scratch to work with. */
struct kv_use {
    struct kv_cache cache;
    const struct kernels *kernels;
    struct kv_scratch *scratch;
    size_t n_queries;
    float score_cap; /* of kv_cache_score: cap * tanh(score / cap); 0: none */
};

/* lay_out sets keys, values and scales of a cache whose other fields are set; for the others
 * kv_cache.h has the contract of store, copy, score and weigh. */
#define KV_KIND_FUNCTIONS(kind, suffix)                                                            \
    void kv_lay_out_##suffix(struct kv_cache *cache, struct arena *arena);                         \
    void kv_store_key_##suffix(const struct kv_use *use, size_t slot, const float *key);           \
    void kv_store_value_##suffix(const struct kv_use *use, size_t slot, const float *value);       \
    void kv_copy_##suffix(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,  \
                          size_t from_slot);                                                       \
    void kv_score_##suffix(const struct kv_use *use, const float *queries, size_t n_valid);        \
    void kv_weigh_##suffix(const struct kv_use *use, float *out, const float *sinks,               \
                           size_t n_valid);
KV_KINDS(KV_KIND_FUNCTIONS)
#undef KV_KIND_FUNCTIONS

#endif
