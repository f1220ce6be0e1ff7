/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kv_cache.h"

#include "engine/lm_rows.h"

struct functions {
    void (*lay_out)(struct kv_cache *cache, struct arena *arena);
    void (*begin)(const struct kv_use *use, size_t n_rows);
    size_t (*rows)(const struct kv_use *use, size_t n_rows);
    void (*store_key)(const struct kv_use *use, size_t slot, const float *key);
    void (*store_value)(const struct kv_use *use, size_t slot, const float *value);
    void (*copy)(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,
                 size_t from_slot);
    void (*copy_first)(const struct kv_cache *to, const struct kv_cache *from, size_t n_slots);
    void (*score)(const struct kv_use *use, const float *queries, size_t row_stride,
                  size_t n_valid);
    void (*weigh)(const struct kv_use *use, float *out, const float *sinks, size_t n_valid);
};

#define ROW(kind, suffix, key_bits, value_bits, near_slots)                                        \
    [kind] = {kv_lay_out_##suffix,    kv_begin_##suffix,       kv_rows_##suffix,                   \
              kv_store_key_##suffix,  kv_store_value_##suffix, kv_copy_##suffix,                   \
              kv_copy_first_##suffix, kv_score_##suffix,       kv_weigh_##suffix},
static const struct functions kinds[] = {KV_KINDS(ROW)};

void kv_cache_lay_out(struct kv_cache *cache, enum kv_kind kind, size_t head_dim, size_t n_slots,
                      struct arena *arena)
{
    *cache = (struct kv_cache){.kind = kind, .head_dim = head_dim, .n_slots = n_slots};
    kinds[kind].lay_out(cache, arena);
}

/* Room for columns that a kind may mask: fewer than a group, those near by, and sinks. */
enum { MASKED_MAX = LM_GROUP + 2 * KV_NEAR_SLOTS + 2 * KV_SINKS_MAX };

void kv_scratch_lay_out(struct kv_scratch *scratch, enum kv_kind kind, size_t n_queries,
                        size_t head_dim, size_t n_slots, struct arena *arena)
{
    bool low = kind != KV_INT8;
    n_queries *= kv_rows_max(n_queries);
    size_t n_tiles = n_slots / LM_TILE_ROWS * (head_dim / LM_GROUP);
    n_slots += low ? KV_NEAR_SLOTS : 0;
    scratch->is_unpacked = false;
    lm_rows_lay_out(&scratch->query, n_queries, head_dim, arena);
    lm_rows_lay_out(&scratch->weight, n_queries, n_slots, arena);
    lm_rows_lay_out(&scratch->one, 1, head_dim, arena);
    scratch->score = arena_take(arena, n_queries * n_slots * sizeof *scratch->score);
    scratch->total = arena_take(arena, n_queries * sizeof *scratch->total);
    if (!low)
        return;
    scratch->rotated = arena_take(arena, n_queries * head_dim * sizeof *scratch->rotated);
    scratch->value_scale = arena_take(arena, n_slots * sizeof *scratch->value_scale);
    scratch->tiles = arena_take(arena, KV_TILES * sizeof *scratch->tiles);
    scratch->far_keys = arena_take(arena, n_tiles * sizeof *scratch->far_keys);
    scratch->far_values = arena_take(arena, n_tiles * sizeof *scratch->far_values);
    scratch->masked = arena_take(arena, MASKED_MAX * sizeof *scratch->masked);
}

void kv_cache_begin(const struct kv_use *use, size_t n_rows)
{
    kinds[use->cache.kind].begin(use, n_rows);
}

size_t kv_cache_rows(const struct kv_use *use, size_t n_rows)
{
    size_t most = kv_rows_max(use->n_queries);
    if (use->position >= use->n_kept)
        return 1;
    most = most < use->n_kept - use->position ? most : (size_t)(use->n_kept - use->position);
    return kinds[use->cache.kind].rows(use, n_rows < most ? n_rows : most);
}

void kv_cache_store(const struct kv_use *use, size_t slot, const float *key, const float *value)
{
    kinds[use->cache.kind].store_key(use, slot, key);
    if (value)
        kinds[use->cache.kind].store_value(use, slot, value);
}

void kv_cache_copy(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,
                   size_t from_slot)
{
    kinds[to->kind].copy(to, to_slot, from, from_slot);
}

void kv_cache_copy_first(const struct kv_cache *to, const struct kv_cache *from, size_t n_slots)
{
    kinds[to->kind].copy_first(to, from, n_slots);
}

void kv_cache_score(const struct kv_use *use, const float *queries, size_t row_stride,
                    size_t n_valid)
{
    kinds[use->cache.kind].score(use, queries, row_stride, n_valid);
}

void kv_cache_weigh(const struct kv_use *use, float *out, const float *sinks, size_t n_valid)
{
    kinds[use->cache.kind].weigh(use, out, sinks, n_valid);
}
