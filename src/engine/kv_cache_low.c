/* SPDX-License-Identifier: Apache-2.0
 *
 * KV caches of few bits. Each head is rotated (lm_rotate), so that no number of it stands out: keys and queries, whose
 * products stay what they were, and values, so that the weighted mean is rotated back.
 *
 * A row looks at the sinks and at the latest kv_near positions, itself included, at 8 bits. As it comes, the position
 * that leaves these is rounded from 8 bits to few, and gets its slot. So what a row sees depends on its position only,
 * not on which rows were read together. Rows that are taken back do no harm: the position that left will leave again,
 * from the same 8 bits, and its slot's former position is in nobody's sight.
 *
 * Keys lose the mean of the first kv_near keys behind the sinks before they are rounded, since a part of every key is the
 * same. The mean is a key of its own; its score is added to theirs. kv/kv_low_look.c has how rows look at this.
 */
#include <string.h>

#include "engine/kv/kv_low.h"
#include "engine/kv_pack.h"
#include "engine/lm_ops.h"
#include "engine/lm_rows.h"

/* keys: [n_slots / 16][head_dim / 64] packed tiles; values: [head_dim / 16][n_slots / 64]; scales: of each,
 * [head_dim / 64][n_slots]. */
void kv_lay_out_low(struct kv_cache *cache, struct arena *arena)
{
    size_t n_tiles = cache->n_slots / LM_TILE_ROWS * (cache->head_dim / LM_GROUP);
    size_t n_scales = cache->head_dim / LM_GROUP * cache->n_slots;
    cache->keys = arena_take(arena, n_tiles * lm_packed_tile_bytes(kv_low_key_bits(cache)));
    cache->values = arena_take(arena, n_tiles * lm_packed_tile_bytes(kv_low_value_bits(cache)));
    cache->key_scales = arena_take(arena, n_scales * sizeof(uint16_t));
    cache->scales = arena_take(arena, n_scales * sizeof(uint16_t));
    struct kv_cache near = kv_low_near(cache);
    kv_lay_out_int8(&near, arena);
    cache->near_keys = near.keys;
    cache->near_values = near.values;
    cache->near_scales = near.scales;
}

/* Nothing is lost that a row taken back would need. */
void kv_copy_low(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,
                 size_t from_slot)
{
    (void)to;
    (void)to_slot;
    (void)from;
    (void)from_slot;
}

void kv_copy_first_low(const struct kv_cache *to, const struct kv_cache *from, size_t n_slots)
{
    size_t n_groups = to->head_dim / LM_GROUP,
           value_bytes = lm_packed_tile_bytes(kv_low_value_bits(to));
    struct kv_cache near = kv_low_near(to), from_near = kv_low_near(from);
    memcpy(to->keys, from->keys,
           n_slots / LM_TILE_ROWS * n_groups * lm_packed_tile_bytes(kv_low_key_bits(to)));
    kv_copy_rows(to->values, to->n_slots / LM_GROUP * value_bytes, from->values,
                 from->n_slots / LM_GROUP * value_bytes, to->head_dim / LM_TILE_ROWS,
                 n_slots / LM_GROUP * value_bytes);
    kv_copy_rows(to->key_scales, to->n_slots * sizeof(uint16_t), from->key_scales,
                 from->n_slots * sizeof(uint16_t), n_groups, n_slots * sizeof(uint16_t));
    kv_copy_rows(to->scales, to->n_slots * sizeof(uint16_t), from->scales,
                 from->n_slots * sizeof(uint16_t), n_groups, n_slots * sizeof(uint16_t));
    kv_copy_first_int8(&near, &from_near, near.n_slots);
}

static struct kv_use use_near(const struct kv_use *use)
{
    struct kv_use near = *use;
    near.cache = kv_low_near(&use->cache);
    return near;
}

/* Stores a rotated key or value at 8 bits. */
static void store_near(const struct kv_use *use, size_t slot, const float *rotated,
                       void (*put)(const struct kv_use *use, size_t slot, const float *x))
{
    struct kv_use near = use_near(use);
    if (use->position >= use->n_sinks) {
        bool is_sink = slot < use->n_sinks; /* turned anew */
        put(&near, is_sink ? use->n_sinks + slot : kv_low_near_slot(use, use->position), rotated);
        return;
    }
    put(&near, slot, rotated);
    put(&near, use->n_sinks + slot, rotated);
}

/* Where number i of a group of the slot's key, and number d of its value, are in their tiles. */
static size_t key_index(size_t slot, size_t i)
{
    return (i / 4 * LM_TILE_ROWS + slot % LM_TILE_ROWS) * 4 + i % 4;
}

static size_t value_index(size_t slot, size_t d)
{
    return (slot % LM_GROUP / 4 * LM_TILE_ROWS + d % LM_TILE_ROWS) * 4 + slot % 4;
}

/* The mean of the first kv_near keys that are no sinks, all of which are near. */
static void store_mean(const struct kv_use *use)
{
    struct kv_use near = use_near(use);
    size_t n = kv_near(use->cache.kind);
    float *mean = use->scratch->rotated, x[LM_GROUP];
    memset(mean, 0, use->cache.head_dim * sizeof *mean);
    for (uint64_t i = use->n_sinks; i < use->n_sinks + n; i++)
        for (size_t g = 0; g < use->cache.head_dim / LM_GROUP; g++) {
            kv_load_key_int8(&near.cache, kv_low_near_slot(use, i), g, x);
            lm_add(mean + g * LM_GROUP, x, LM_GROUP);
        }
    lm_scale(mean, 1.0f / (float)n, use->cache.head_dim);
    kv_store_key_int8(&near, kv_low_mean_slot(&use->cache), mean);
}

/* Rounds the key of a position that leaves what is near. */
static void move_key(const struct kv_use *use, uint64_t position)
{
    const struct kv_cache *cache = &use->cache, near = kv_low_near(cache);
    size_t slot = kv_low_slot(use, position);
    if (position == use->n_sinks)
        store_mean(use);
    for (size_t g = 0; g < cache->head_dim / LM_GROUP; g++) {
        uint8_t level[LM_GROUP], *tile = kv_low_key_tile(cache, slot, g);
        float x[LM_GROUP], mean[LM_GROUP];
        kv_load_key_int8(&near, kv_low_near_slot(use, position), g, x);
        kv_load_key_int8(&near, kv_low_mean_slot(cache), g, mean);
        for (size_t i = 0; i < LM_GROUP; i++)
            x[i] -= mean[i];
        ((uint16_t *)cache->key_scales)[g * cache->n_slots + slot] =
            kv_levels(level, x, kv_low_key_bits(cache));
        for (size_t i = 0; i < LM_GROUP; i++)
            kv_packed_set(tile, kv_low_key_bits(cache), key_index(slot, i), level[i]);
    }
}

static void move_value(const struct kv_use *use, uint64_t position)
{
    const struct kv_cache *cache = &use->cache, near = kv_low_near(cache);
    size_t slot = kv_low_slot(use, position);
    for (size_t g = 0; g < cache->head_dim / LM_GROUP; g++) {
        uint8_t level[LM_GROUP];
        float x[LM_GROUP];
        kv_load_value_int8(&near, kv_low_near_slot(use, position), g, x);
        ((uint16_t *)cache->scales)[g * cache->n_slots + slot] =
            kv_levels(level, x, kv_low_value_bits(cache));
        for (size_t i = 0; i < LM_GROUP; i++) {
            size_t d = g * LM_GROUP + i;
            kv_packed_set(kv_low_value_tile(cache, d / LM_TILE_ROWS, slot / LM_GROUP),
                          kv_low_value_bits(cache), value_index(slot, d), level[i]);
        }
    }
}

/* Whether the position at use leaves another one that is no sink too far behind. */
static bool one_leaves(const struct kv_use *use)
{
    return use->position >= use->n_sinks + kv_near(use->cache.kind);
}

void kv_store_key_low(const struct kv_use *use, size_t slot, const float *key)
{
    float *rotated = use->scratch->rotated;
    use->kernels->lm_rotate(rotated, key, use->cache.head_dim / LM_GROUP);
    store_near(use, slot, rotated, kv_store_key_int8);
    if (one_leaves(use) && slot >= use->n_sinks)
        move_key(use, use->position - kv_near(use->cache.kind));
}

void kv_store_value_low(const struct kv_use *use, size_t slot, const float *value)
{
    float *rotated = use->scratch->rotated;
    use->kernels->lm_rotate(rotated, value, use->cache.head_dim / LM_GROUP);
    store_near(use, slot, rotated, kv_store_value_int8);
    if (one_leaves(use))
        move_value(use, use->position - kv_near(use->cache.kind));
}
