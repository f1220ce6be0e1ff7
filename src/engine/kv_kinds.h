/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of KV caches: what kv_cache.c and the kinds' files share.
 *
 * To add a kind: a row in KV_KINDS and, unless another kind's functions serve it, a row in KV_FUNCTIONS and a
 * file kv_cache_SUFFIX.c with its functions.
 */
#ifndef TACIT_ENGINE_KV_KINDS_H
#define TACIT_ENGINE_KV_KINDS_H

#include <string.h>

#include "base/arena.h"
#include "kernels/kernels.h"

/* X(kind, suffix of its functions, bits of a number of a key, bits of a number of a value, slots near by). Language
 * blocks hold the kind's place in this list. */
#define KV_KINDS(X)                                                                                \
    X(KV_INT8, int8, 8, 8, 0)  /* a scale for each 64 numbers of a position: kv_cache_int8.c */    \
    X(KV_K4V4, low, 4, 4, 256) /* far from the row that looks, near it 8 bits: kv_cache_low.c */   \
    X(KV_K4V2, low, 4, 2, 256)                                                                     \
    X(KV_K4V3, low, 4, 3, 256)                                                                     \
    X(KV_K3V3, low, 3, 3, 256)                                                                     \
    X(KV_K3V2, low, 3, 2, 256)                                                                     \
    X(KV_K4V3S, low, 4, 3,                                                                         \
      64) /* short: less lies near, and heads that drop positions have it too */

enum kv_kind {
#define KV_KIND(kind, suffix, key_bits, value_bits, near_slots) kind,
    KV_KINDS(KV_KIND)
#undef KV_KIND
        KV_N_KINDS
};

/* Caches of few bits keep what lies near at 8 bits: the latest kv_near positions, in a ring; the sinks twice, as they were
 * stored and as they were last turned; and a mean of keys. The ring has room for positions that may be taken back, and
 * for the one that leaves. */
enum { KV_NEAR_SLOTS = 256, KV_SHORT_SLOTS = 64, KV_SINKS_MAX = 4, KV_BACK_MAX = 16 };
enum { KV_NEAR_OTHERS = 2 * KV_SINKS_MAX + 1 + KV_BACK_MAX + 1 };

static inline size_t kv_near_slots(enum kv_kind kind)
{
#define NEAR_SLOTS(kind, suffix, key_bits, value_bits, near_slots) [kind] = (near_slots),
    static const size_t slots[] = {KV_KINDS(NEAR_SLOTS)};
#undef NEAR_SLOTS
    return slots[kind];
}

static inline size_t kv_near(enum kv_kind kind)
{
    return kind == KV_INT8 ? 0 : kv_near_slots(kind) - KV_NEAR_OTHERS;
}

static inline bool kv_is_short(enum kv_kind kind)
{
    return kv_near_slots(kind) == KV_SHORT_SLOTS;
}

struct kv_cache {
    enum kv_kind kind;
    size_t head_dim, n_slots;
    void *keys, *values, *scales; /* as the kind stores them */
    /* Of a kind of few bits; near: of a cache of KV_INT8. */
    void *key_scales, *near_keys, *near_values, *near_scales;
};

/* Room for the queries of one head of keys and values, of up to kv_rows_max rows; each crew member has one scratch for all
 * caches. */
struct kv_scratch {
    struct lm_rows
        query; /* [queries][head_dim / 64]; queries: those of a row, then those of the next */
    struct lm_rows weight; /* [queries][n_slots / 64] */
    struct lm_rows one;    /* [1][head_dim / 64]: a key or a value */
    float *score;          /* [queries][n_slots] */
    float *total;          /* [queries] */
    /* Of kinds of few bits; n_slots counts KV_NEAR_SLOTS more. */
    float *rotated;        /* [queries][head_dim] */
    float *value_scale;    /* [n_slots] */
    struct lm_tile *tiles; /* [KV_TILES] */
    bool is_unpacked;      /* what is far, for rows that are read together: */
    struct lm_tile *far_keys,
        *far_values;  /* [n_slots / 16][head_dim / 64], [head_dim / 16][n_slots / 64] */
    uint32_t *masked; /* [n_masked]: columns of scores that do not count */
    size_t n_masked;
};

enum { KV_TILES = 16 };

/* A cache and the scratch to work with. */
struct kv_use {
    struct kv_cache cache;
    const struct kernels *kernels;
    struct kv_scratch *scratch;
    size_t n_queries;
    float score_cap; /* of kv_cache_score: cap * tanh(score / cap); 0: none */
    /* The row that stores, or the first of n_rows that look, at positions one after the other, in a ring of n_kept positions
     * of which the first n_sinks stay. Slots follow from positions by kv_slot. */
    uint64_t position;
    size_t n_rows;
    size_t n_kept, n_sinks;
    /* Of a head that drops positions: the slot for the row's position, or with few bits for the one that leaves what is near. */
    size_t taken;
};

/* Rows of n_bytes, whose distances are strides. */
static inline void kv_copy_rows(void *to, size_t to_stride, const void *from, size_t from_stride,
                                size_t n_rows, size_t n_bytes)
{
    for (size_t i = 0; i < n_rows; i++)
        memcpy((char *)to + i * to_stride, (const char *)from + i * from_stride, n_bytes);
}

static inline size_t kv_slot(size_t n_kept, size_t n_sinks, uint64_t position)
{
    size_t n_ring = n_kept > n_sinks ? n_kept - n_sinks : 1; /* n_sinks is always less */
    return position < n_kept ? (size_t)position : n_sinks + (size_t)((position - n_sinks) % n_ring);
}

#define KV_FUNCTIONS(X) X(int8) X(low)

/* lay_out sets the pointers of a cache whose other fields are set; for the others
 * kv_cache.h has the contract of begin, rows, store, copy, copy_first, score and weigh. */
#define KV_DECLARE(suffix)                                                                         \
    void kv_lay_out_##suffix(struct kv_cache *cache, struct arena *arena);                         \
    void kv_begin_##suffix(const struct kv_use *use, size_t n_rows);                               \
    size_t kv_rows_##suffix(const struct kv_use *use, size_t n_rows);                              \
    void kv_store_key_##suffix(const struct kv_use *use, size_t slot, const float *key);           \
    void kv_store_value_##suffix(const struct kv_use *use, size_t slot, const float *value);       \
    void kv_copy_##suffix(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,  \
                          size_t from_slot);                                                       \
    void kv_copy_first_##suffix(const struct kv_cache *to, const struct kv_cache *from,            \
                                size_t n_slots);                                                   \
    void kv_score_##suffix(const struct kv_use *use, const float *queries, size_t row_stride,      \
                           size_t n_valid);                                                        \
    void kv_weigh_##suffix(const struct kv_use *use, float *out, const float *sinks,               \
                           size_t n_valid);
KV_FUNCTIONS(KV_DECLARE)
#undef KV_DECLARE

/* Numbers [64 g, 64 g + 64) of a slot's key and value in a cache of KV_INT8. */
void kv_load_key_int8(const struct kv_cache *cache, size_t slot, size_t g, float *x);
void kv_load_value_int8(const struct kv_cache *cache, size_t slot, size_t g, float *x);

#endif
