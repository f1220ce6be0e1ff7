/* SPDX-License-Identifier: Apache-2.0
 *
 * Where KV caches of few bits have what (kv_cache_low.c), for the files that write and read them.
 */
#ifndef TACIT_ENGINE_KV_KV_LOW_H
#define TACIT_ENGINE_KV_KV_LOW_H

#include "engine/kv_kinds.h"

static inline unsigned kv_low_key_bits(const struct kv_cache *cache)
{
#define KEY_BITS(kind, suffix, key_bits, value_bits, near_slots) [kind] = (key_bits),
    static const unsigned bits[] = {KV_KINDS(KEY_BITS)};
    return bits[cache->kind];
}

static inline unsigned kv_low_value_bits(const struct kv_cache *cache)
{
#define VALUE_BITS(kind, suffix, key_bits, value_bits, near_slots) [kind] = (value_bits),
    static const unsigned bits[] = {KV_KINDS(VALUE_BITS)};
    return bits[cache->kind];
}

static inline struct kv_cache kv_low_near(const struct kv_cache *cache)
{
    return (struct kv_cache){.kind = KV_INT8,
                             .head_dim = cache->head_dim,
                             .n_slots = kv_near_slots(cache->kind),
                             .keys = cache->near_keys,
                             .values = cache->near_values,
                             .scales = cache->near_scales};
}

/* Slots near by: sinks as stored, sinks as turned, the ring, and last the mean. */
static inline size_t kv_low_mean_slot(const struct kv_cache *cache)
{
    return kv_near_slots(cache->kind) - 1;
}

static inline size_t kv_low_ring_size(const struct kv_use *use)
{
    return kv_low_mean_slot(&use->cache) - 2 * use->n_sinks;
}

/* Where the ring has a position that is no sink. */
static inline size_t kv_low_near_slot(const struct kv_use *use, uint64_t position)
{
    return 2 * use->n_sinks + (size_t)((position - use->n_sinks) % kv_low_ring_size(use));
}

/* Whether the head drops positions that the layer looks back on. */
static inline bool kv_low_drops(const struct kv_use *use)
{
    return use->cache.n_slots < use->n_kept;
}

/* Where a position goes as it leaves what is near. */
static inline size_t kv_low_slot(const struct kv_use *use, uint64_t position)
{
    return kv_low_drops(use) ? use->taken : kv_slot(use->n_kept, use->n_sinks, position);
}

/* The columns of the row at use (kv_low_look.c): slots that it looks at; the first column near by; how many there are near by. */
size_t kv_low_n_far(const struct kv_use *use);
size_t kv_low_first_near(const struct kv_use *use);
size_t kv_low_n_near(const struct kv_use *use);

static inline uint8_t *kv_low_key_tile(const struct kv_cache *cache, size_t slot, size_t g)
{
    size_t n_groups = cache->head_dim / LM_GROUP;
    return (uint8_t *)cache->keys +
           (slot / LM_TILE_ROWS * n_groups + g) * lm_packed_tile_bytes(kv_low_key_bits(cache));
}

static inline uint8_t *kv_low_value_tile(const struct kv_cache *cache, size_t block, size_t column)
{
    return (uint8_t *)cache->values + (block * (cache->n_slots / LM_GROUP) + column) *
                                          lm_packed_tile_bytes(kv_low_value_bits(cache));
}

#endif
