/* SPDX-License-Identifier: Apache-2.0
 *
 * KV caches of few bits. Each head is rotated (lm_rotate), so that no number of it stands out: keys and queries, whose
 * products stay what they were, and values, so that the weighted mean is rotated back.
 *
 * A row looks at the sinks and at the latest KV_NEAR positions, itself included, at 8 bits. As it comes, the position
 * that leaves these is rounded from 8 bits to few, and gets its slot. So what a row sees depends on its position only,
 * not on which rows were read together. Rows that are taken back do no harm: the position that left will leave again,
 * from the same 8 bits, and its slot's former position is in nobody's sight.
 *
 * Keys lose the mean of the first KV_NEAR keys behind the sinks before they are rounded, since a part of every key is the
 * same. The mean is a key of its own; its score is added to theirs.
 *
 * The columns of a row of scores are the slots, filled up to a multiple of 64, then those of the ring. Columns that do
 * not count get the least score and the value scale 0, so that their weight is 0.
 */
#include <string.h>

#include "engine/kv_kinds.h"
#include "engine/kv_pack.h"
#include "engine/lm_ops.h"
#include "engine/lm_rows.h"

static unsigned key_bits(const struct kv_cache *cache)
{
#define KEY_BITS(kind, suffix, key_bits, value_bits) [kind] = (key_bits),
    static const unsigned bits[] = {KV_KINDS(KEY_BITS)};
    return bits[cache->kind];
}

static unsigned value_bits(const struct kv_cache *cache)
{
#define VALUE_BITS(kind, suffix, key_bits, value_bits) [kind] = (value_bits),
    static const unsigned bits[] = {KV_KINDS(VALUE_BITS)};
    return bits[cache->kind];
}

static struct kv_cache near_of(const struct kv_cache *cache)
{
    return (struct kv_cache){.kind = KV_INT8,
                             .head_dim = cache->head_dim,
                             .n_slots = KV_NEAR_SLOTS,
                             .keys = cache->near_keys,
                             .values = cache->near_values,
                             .scales = cache->near_scales};
}

/* keys: [n_slots / 16][head_dim / 64] packed tiles; values: [head_dim / 16][n_slots / 64]; scales: of each,
 * [head_dim / 64][n_slots]. */
void kv_lay_out_low(struct kv_cache *cache, struct arena *arena)
{
    size_t n_tiles = cache->n_slots / LM_TILE_ROWS * (cache->head_dim / LM_GROUP);
    size_t n_scales = cache->head_dim / LM_GROUP * cache->n_slots;
    if (cache->n_slots <= KV_NEAR_SLOTS)
        return; /* one that only takes copies */
    cache->keys = arena_take(arena, n_tiles * lm_packed_tile_bytes(key_bits(cache)));
    cache->values = arena_take(arena, n_tiles * lm_packed_tile_bytes(value_bits(cache)));
    cache->key_scales = arena_take(arena, n_scales * sizeof(uint16_t));
    cache->scales = arena_take(arena, n_scales * sizeof(uint16_t));
    struct kv_cache near = near_of(cache);
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

/* Slots near by: sinks as stored, sinks as turned, the ring, and last the mean. */
enum { MEAN_SLOT = KV_NEAR_SLOTS - 1 };

static size_t ring_size(const struct kv_use *use)
{
    return MEAN_SLOT - 2 * use->n_sinks;
}

/* Where the ring has a position that is no sink. */
static size_t near_slot(const struct kv_use *use, uint64_t position)
{
    return 2 * use->n_sinks + (size_t)((position - use->n_sinks) % ring_size(use));
}

static struct kv_use use_near(const struct kv_use *use)
{
    struct kv_use near = *use;
    near.cache = near_of(&use->cache);
    return near;
}

/* Stores a rotated key or value at 8 bits. */
static void store_near(const struct kv_use *use, size_t slot, const float *rotated,
                       void (*put)(const struct kv_use *use, size_t slot, const float *x))
{
    struct kv_use near = use_near(use);
    if (use->position >= use->n_sinks) {
        bool is_sink = slot < use->n_sinks; /* turned anew */
        put(&near, is_sink ? use->n_sinks + slot : near_slot(use, use->position), rotated);
        return;
    }
    put(&near, slot, rotated);
    put(&near, use->n_sinks + slot, rotated);
}

static uint8_t *key_tile(const struct kv_cache *cache, size_t slot, size_t g)
{
    size_t n_groups = cache->head_dim / LM_GROUP;
    return (uint8_t *)cache->keys +
           (slot / LM_TILE_ROWS * n_groups + g) * lm_packed_tile_bytes(key_bits(cache));
}

static uint8_t *value_tile(const struct kv_cache *cache, size_t block, size_t column)
{
    return (uint8_t *)cache->values +
           (block * (cache->n_slots / LM_GROUP) + column) * lm_packed_tile_bytes(value_bits(cache));
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

/* The mean of the first KV_NEAR keys that are no sinks, all of which are near. */
static void store_mean(const struct kv_use *use)
{
    struct kv_use near = use_near(use);
    float *mean = use->scratch->rotated, x[LM_GROUP];
    memset(mean, 0, use->cache.head_dim * sizeof *mean);
    for (uint64_t i = use->n_sinks; i < use->n_sinks + KV_NEAR; i++)
        for (size_t g = 0; g < use->cache.head_dim / LM_GROUP; g++) {
            kv_load_key_int8(&near.cache, near_slot(use, i), g, x);
            lm_add(mean + g * LM_GROUP, x, LM_GROUP);
        }
    lm_scale(mean, 1.0f / KV_NEAR, use->cache.head_dim);
    kv_store_key_int8(&near, MEAN_SLOT, mean);
}

/* Rounds the key of a position that leaves what is near. */
static void move_key(const struct kv_use *use, uint64_t position)
{
    const struct kv_cache *cache = &use->cache, near = near_of(cache);
    size_t slot = kv_slot(use->n_kept, use->n_sinks, position);
    if (position == use->n_sinks)
        store_mean(use);
    for (size_t g = 0; g < cache->head_dim / LM_GROUP; g++) {
        uint8_t level[LM_GROUP], *tile = key_tile(cache, slot, g);
        float x[LM_GROUP], mean[LM_GROUP];
        kv_load_key_int8(&near, near_slot(use, position), g, x);
        kv_load_key_int8(&near, MEAN_SLOT, g, mean);
        for (size_t i = 0; i < LM_GROUP; i++)
            x[i] -= mean[i];
        ((uint16_t *)cache->key_scales)[g * cache->n_slots + slot] =
            kv_levels(level, x, key_bits(cache));
        for (size_t i = 0; i < LM_GROUP; i++)
            kv_packed_set(tile, key_bits(cache), key_index(slot, i), level[i]);
    }
}

static void move_value(const struct kv_use *use, uint64_t position)
{
    const struct kv_cache *cache = &use->cache, near = near_of(cache);
    size_t slot = kv_slot(use->n_kept, use->n_sinks, position);
    for (size_t g = 0; g < cache->head_dim / LM_GROUP; g++) {
        uint8_t level[LM_GROUP];
        float x[LM_GROUP];
        kv_load_value_int8(&near, near_slot(use, position), g, x);
        ((uint16_t *)cache->scales)[g * cache->n_slots + slot] =
            kv_levels(level, x, value_bits(cache));
        for (size_t i = 0; i < LM_GROUP; i++) {
            size_t d = g * LM_GROUP + i;
            kv_packed_set(value_tile(cache, d / LM_TILE_ROWS, slot / LM_GROUP), value_bits(cache),
                          value_index(slot, d), level[i]);
        }
    }
}

/* Whether the position at use leaves another one that is no sink too far behind. */
static bool one_leaves(const struct kv_use *use)
{
    return use->position >= use->n_sinks + KV_NEAR;
}

void kv_store_key_low(const struct kv_use *use, size_t slot, const float *key)
{
    float *rotated = use->scratch->rotated;
    use->kernels->lm_rotate(rotated, key, use->cache.head_dim / LM_GROUP);
    store_near(use, slot, rotated, kv_store_key_int8);
    if (one_leaves(use) && slot >= use->n_sinks)
        move_key(use, use->position - KV_NEAR);
}

void kv_store_value_low(const struct kv_use *use, size_t slot, const float *value)
{
    float *rotated = use->scratch->rotated;
    use->kernels->lm_rotate(rotated, value, use->cache.head_dim / LM_GROUP);
    store_near(use, slot, rotated, kv_store_value_int8);
    if (one_leaves(use))
        move_value(use, use->position - KV_NEAR);
}

/* Slots that are looked at, at few bits and near by. */
static size_t count_far(const struct kv_use *use)
{
    if (use->position >= use->n_kept)
        return use->n_kept;
    return use->position < KV_NEAR ? 0 : (size_t)use->position + 1 - KV_NEAR;
}

/* Once there are others far, all: the mean is the last. */
static size_t count_near(const struct kv_use *use)
{
    size_t n_sinks = use->n_sinks;
    if (count_far(use) > 0)
        return KV_NEAR_SLOTS;
    return use->position < n_sinks ? 2 * n_sinks : n_sinks + (size_t)use->position + 1;
}

static size_t first_near(const struct kv_use *use)
{
    return (count_far(use) + LM_GROUP - 1) / LM_GROUP * LM_GROUP;
}

static size_t row_stride(const struct kv_use *use)
{
    return use->cache.n_slots + KV_NEAR_SLOTS;
}

/* Columns near by: the form of the sinks that is not looked at; the mean; the ring's slots that hold no position yet,
 * one that has left, or one that was taken back. */
static void mask_near(const struct kv_use *use)
{
    struct kv_scratch *t = use->scratch;
    size_t near = first_near(use), n_sinks = use->n_sinks;
    bool turned = use->position >= use->n_kept;
    uint64_t next = use->position + 1, oldest = next < KV_NEAR ? 0 : next - KV_NEAR;
    for (size_t i = 0; i < n_sinks; i++)
        t->masked[t->n_masked++] = (uint32_t)(near + i + (turned ? 0 : n_sinks));
    t->masked[t->n_masked++] = (uint32_t)(near + MEAN_SLOT);
    for (uint64_t i = next; i < n_sinks; i++)
        t->masked[t->n_masked++] = (uint32_t)(near + i);
    oldest = oldest > n_sinks ? oldest : n_sinks;
    for (uint64_t i = next > n_sinks ? next : n_sinks; i < oldest + ring_size(use); i++)
        t->masked[t->n_masked++] = (uint32_t)(near + near_slot(use, i));
}

static void mask(const struct kv_use *use)
{
    struct kv_scratch *t = use->scratch;
    size_t n_far = count_far(use);
    t->n_masked = 0;
    for (size_t i = 0; i < use->n_sinks && i < n_far; i++)
        t->masked[t->n_masked++] = (uint32_t)i;
    for (size_t i = n_far; i < first_near(use); i++)
        t->masked[t->n_masked++] = (uint32_t)i;
    for (size_t age = 0; use->position >= use->n_kept && age < KV_NEAR; age++)
        t->masked[t->n_masked++] =
            (uint32_t)kv_slot(use->n_kept, use->n_sinks, use->position - age);
    mask_near(use);
}

/* Unpacks the keys of blocks [first, first + n) of 16 slots. */
static void unpack_keys(const struct kv_use *use, size_t first, size_t n)
{
    const struct kv_cache *cache = &use->cache;
    size_t n_groups = cache->head_dim / LM_GROUP;
    const uint16_t *scales = cache->key_scales;
    struct lm_tile *tiles = use->scratch->tiles;
    use->kernels->lm_unpack(tiles, key_tile(cache, first * LM_TILE_ROWS, 0), n * n_groups,
                            key_bits(cache));
    for (size_t i = 0; i < n * n_groups; i++) {
        size_t at = i % n_groups * cache->n_slots + (first + i / n_groups) * LM_TILE_ROWS;
        kv_scale_values(tiles[i].scale, scales + at, LM_TILE_ROWS);
    }
}

void kv_score_low(const struct kv_use *use, const float *queries, size_t n_valid)
{
    (void)n_valid; /* the position says more */
    struct kv_scratch *t = use->scratch;
    struct kv_cache near = near_of(&use->cache);
    size_t head_dim = near.head_dim, n_groups = head_dim / LM_GROUP, stride = row_stride(use);
    size_t n_far = count_far(use), n_blocks = (n_far + LM_TILE_ROWS - 1) / LM_TILE_ROWS;
    size_t chunk = KV_TILES / n_groups;
    use->kernels->lm_rotate(t->rotated, queries, use->n_queries * n_groups);
    for (size_t i = 0; i < use->n_queries; i++)
        lm_rows_quantize(&t->query, use->kernels, i, t->rotated + i * head_dim);
    for (size_t b = 0; b < n_blocks; b += chunk) {
        struct lm_matrix keys = {t->tiles, n_blocks - b < chunk ? n_blocks - b : chunk, n_groups,
                                 n_groups};
        unpack_keys(use, b, keys.n_blocks);
        use->kernels->lm_product(t->score + b * LM_TILE_ROWS, stride, &keys, &t->query,
                                 use->n_queries, false);
    }
    struct lm_matrix keys = {near.keys, (count_near(use) + LM_TILE_ROWS - 1) / LM_TILE_ROWS,
                             n_groups, n_groups};
    use->kernels->lm_product(t->score + first_near(use), stride, &keys, &t->query, use->n_queries,
                             false);
    mask(use);
    for (size_t i = 0; i < use->n_queries; i++) {
        float *score = t->score + i * stride, of_mean = score[first_near(use) + MEAN_SLOT];
        for (size_t j = 0; j < n_far; j++)
            score[j] += of_mean;
        if (use->score_cap > 0.0f)
            lm_cap(score, use->score_cap, first_near(use) + count_near(use));
        for (size_t j = 0; j < t->n_masked; j++)
            score[t->masked[j]] = -LM_SCORE_MAX;
    }
}

/* Weights of all columns for 64 numbers of the values. */
static void make_weights(const struct kv_use *use, struct lm_rows *weight, const float *sinks,
                         size_t part)
{
    struct kv_scratch *t = use->scratch;
    const struct kv_cache *cache = &use->cache;
    const uint16_t *scales = (const uint16_t *)cache->scales + part * cache->n_slots;
    size_t stride = row_stride(use), n_columns = first_near(use) + count_near(use);
    kv_scale_values(t->value_scale, scales, count_far(use));
    memcpy(t->value_scale + first_near(use),
           (const float *)cache->near_scales + part * KV_NEAR_SLOTS,
           count_near(use) * sizeof(float));
    for (size_t j = 0; j < t->n_masked; j++)
        t->value_scale[t->masked[j]] = 0.0f;
    weight->n_groups = stride / LM_GROUP;
    for (size_t i = 0; i < use->n_queries; i++)
        t->total[i] = use->kernels->lm_attention_weights(
            weight->q + i * stride, weight->scale + i * weight->n_groups,
            weight->sum + i * weight->n_groups, t->score + i * stride, t->value_scale, n_columns,
            sinks[i]);
}

/* The weights from a group on. */
static struct lm_rows weights_from(const struct lm_rows *weight, size_t group)
{
    return (struct lm_rows){weight->q + group * LM_GROUP, weight->scale + group,
                            weight->sum + group, weight->n_groups};
}

/* Unpacks groups [first, first + n) of the slots' 64 numbers. */
static void unpack_values(const struct kv_use *use, size_t part, size_t first, size_t n)
{
    struct lm_tile *tiles = use->scratch->tiles;
    size_t n_blocks = LM_GROUP / LM_TILE_ROWS;
    for (size_t b = 0; b < n_blocks; b++)
        use->kernels->lm_unpack(tiles + b * n, value_tile(&use->cache, part * n_blocks + b, first),
                                n, value_bits(&use->cache));
    for (size_t i = 0; i < n_blocks * n; i++)
        for (size_t r = 0; r < LM_TILE_ROWS; r++)
            tiles[i].scale[r] = 1.0f;
}

/* 64 columns of the values. */
static void weigh_part(const struct kv_use *use, float *out, const float *sinks, size_t part)
{
    struct lm_rows weight = use->scratch->weight, left;
    struct kv_cache near = near_of(&use->cache);
    size_t n_blocks = LM_GROUP / LM_TILE_ROWS, chunk = KV_TILES / n_blocks;
    size_t n_far = first_near(use) / LM_GROUP, n_near = KV_NEAR_SLOTS / LM_GROUP;
    make_weights(use, &weight, sinks, part);
    for (size_t g = 0; g < n_far; g += chunk) {
        size_t n = n_far - g < chunk ? n_far - g : chunk;
        struct lm_matrix values = {use->scratch->tiles, n_blocks, n, n};
        unpack_values(use, part, g, n);
        left = weights_from(&weight, g);
        use->kernels->lm_product(out, near.head_dim, &values, &left, use->n_queries, g > 0);
    }
    struct lm_matrix values = {(struct lm_tile *)near.values + part * n_blocks * n_near, n_blocks,
                               (count_near(use) + LM_GROUP - 1) / LM_GROUP, n_near};
    left = weights_from(&weight, n_far);
    use->kernels->lm_product(out, near.head_dim, &values, &left, use->n_queries, n_far > 0);
    for (size_t i = 0; i < use->n_queries; i++)
        lm_scale(out + i * near.head_dim, 1.0f / use->scratch->total[i], LM_GROUP);
}

void kv_weigh_low(const struct kv_use *use, float *out, const float *sinks, size_t n_valid)
{
    (void)n_valid;
    size_t head_dim = use->cache.head_dim;
    for (size_t part = 0; part < head_dim / LM_GROUP; part++)
        weigh_part(use, out + part * LM_GROUP, sinks, part);
    use->kernels->lm_rotate(out, out, use->n_queries * head_dim / LM_GROUP);
}
