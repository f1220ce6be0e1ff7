/* SPDX-License-Identifier: Apache-2.0
 *
 * The KV cache of int8. Keys are a matrix whose rows are slots, so the scores of queries are one
 * lm_product. Values are a matrix whose columns are slots: the weights (exponentials) are quantised
 * in groups of 64 slots, and their product with the values is another. Values are quantised by
 * position, not by row: their tiles' scales are 1, and a position's scale multiplies its weight
 * instead.
 */
#include "engine/kv_kinds.h"

#include <string.h>

#include "engine/lm_ops.h"
#include "engine/lm_rows.h"

/* keys: [n_slots / 16][head_dim / 64] tiles; values: [head_dim / 16][n_slots / 64] tiles; scales:
 * [head_dim / 64][n_slots] floats, of the values. */
void kv_lay_out_int8(struct kv_cache *cache, struct arena *arena)
{
    size_t n_tiles = cache->n_slots / LM_TILE_ROWS * (cache->head_dim / LM_GROUP);
    cache->keys = arena_take(arena, n_tiles * sizeof(struct lm_tile));
    n_tiles = cache->head_dim / LM_TILE_ROWS * (cache->n_slots / LM_GROUP);
    cache->values = arena_take(arena, n_tiles * sizeof(struct lm_tile));
    cache->scales = arena_take(arena, cache->head_dim / LM_GROUP * cache->n_slots * sizeof(float));
}

void kv_begin_int8(const struct kv_use *use, size_t n_rows)
{
    (void)use;
    (void)n_rows;
}

size_t kv_rows_int8(const struct kv_use *use, size_t n_rows)
{
    (void)use;
    return n_rows;
}

void kv_store_key_int8(const struct kv_use *use, size_t slot, const float *key)
{
    struct lm_rows *one = &use->scratch->one;
    struct lm_tile *tiles = (struct lm_tile *)use->cache.keys + slot / LM_TILE_ROWS * one->n_groups;
    size_t r = slot % LM_TILE_ROWS;
    lm_rows_quantize(one, use->kernels, 0, key);
    for (size_t g = 0; g < one->n_groups; g++) {
        for (size_t k = 0; k < LM_GROUP / 4; k++)
            memcpy(tiles[g].q[k][r], one->q + g * LM_GROUP + 4 * k, 4);
        tiles[g].scale[r] = one->scale[g];
    }
}

/* The tile that holds value d of the slot's position. */
static struct lm_tile *value_tile(const struct kv_cache *cache, size_t slot, size_t d)
{
    return (struct lm_tile *)cache->values + d / LM_TILE_ROWS * (cache->n_slots / LM_GROUP) +
           slot / LM_GROUP;
}

void kv_store_value_int8(const struct kv_use *use, size_t slot, const float *value)
{
    struct lm_rows *one = &use->scratch->one;
    float *scales = use->cache.scales;
    size_t n_slots = use->cache.n_slots, k = slot % LM_GROUP;
    lm_rows_quantize(one, use->kernels, 0, value);
    for (size_t d = 0; d < one->n_groups * LM_GROUP; d++) {
        struct lm_tile *tile = value_tile(&use->cache, slot, d);
        tile->q[k / 4][d % LM_TILE_ROWS][k % 4] = one->q[d];
        if (k == 0)
            tile->scale[d % LM_TILE_ROWS] = 1.0f;
    }
    for (size_t g = 0; g < one->n_groups; g++)
        scales[g * n_slots + slot] = one->scale[g];
}

void kv_load_key_int8(const struct kv_cache *cache, size_t slot, size_t g, float *x)
{
    const struct lm_tile *tile = (const struct lm_tile *)cache->keys +
                                 slot / LM_TILE_ROWS * (cache->head_dim / LM_GROUP) + g;
    size_t r = slot % LM_TILE_ROWS;
    for (size_t i = 0; i < LM_GROUP; i++)
        x[i] = (float)tile->q[i / 4][r][i % 4] * tile->scale[r];
}

void kv_load_value_int8(const struct kv_cache *cache, size_t slot, size_t g, float *x)
{
    float scale = ((const float *)cache->scales)[g * cache->n_slots + slot];
    for (size_t i = 0; i < LM_GROUP; i++) {
        const struct lm_tile *tile = value_tile(cache, slot, g * LM_GROUP + i);
        x[i] = (float)tile->q[slot % LM_GROUP / 4][i % LM_TILE_ROWS][slot % 4] * scale;
    }
}

void kv_copy_int8(const struct kv_cache *to, size_t to_slot, const struct kv_cache *from,
                  size_t from_slot)
{
    size_t n_groups = to->head_dim / LM_GROUP, r = to_slot % LM_TILE_ROWS;
    size_t from_r = from_slot % LM_TILE_ROWS, k = to_slot % LM_GROUP, from_k = from_slot % LM_GROUP;
    struct lm_tile *key = (struct lm_tile *)to->keys + to_slot / LM_TILE_ROWS * n_groups;
    const struct lm_tile *from_key =
        (const struct lm_tile *)from->keys + from_slot / LM_TILE_ROWS * n_groups;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < LM_GROUP / 4; i++)
            memcpy(key[g].q[i][r], from_key[g].q[i][from_r], 4);
        key[g].scale[r] = from_key[g].scale[from_r];
    }
    for (size_t d = 0; d < to->head_dim; d++)
        value_tile(to, to_slot, d)->q[k / 4][d % LM_TILE_ROWS][k % 4] =
            value_tile(from, from_slot, d)->q[from_k / 4][d % LM_TILE_ROWS][from_k % 4];
    for (size_t g = 0; g < n_groups; g++)
        ((float *)to->scales)[g * to->n_slots + to_slot] =
            ((const float *)from->scales)[g * from->n_slots + from_slot];
}

void kv_copy_first_int8(const struct kv_cache *to, const struct kv_cache *from, size_t n_slots)
{
    enum { TILE = sizeof(struct lm_tile) };
    size_t n_groups = to->head_dim / LM_GROUP;
    memcpy(to->keys, from->keys, n_slots / LM_TILE_ROWS * n_groups * TILE);
    kv_copy_rows(to->values, to->n_slots / LM_GROUP * TILE, from->values,
                 from->n_slots / LM_GROUP * TILE, to->head_dim / LM_TILE_ROWS,
                 n_slots / LM_GROUP * TILE);
    kv_copy_rows(to->scales, to->n_slots * sizeof(float), from->scales,
                 from->n_slots * sizeof(float), n_groups, n_slots * sizeof(float));
}

/* Many slots' values come from memory: prefetch them while the scores are computed. */
static void prefetch_values(const struct kv_cache *cache, size_t n_valid)
{
    const struct lm_tile *tiles = cache->values;
    size_t n_columns = cache->n_slots / LM_GROUP;
    size_t n_bytes = (n_valid + LM_GROUP - 1) / LM_GROUP * sizeof *tiles;
    for (size_t b = 0; b < cache->head_dim / LM_TILE_ROWS; b++)
        for (size_t i = 0; i < n_bytes; i += 64)
            __builtin_prefetch((const char *)(tiles + b * n_columns) + i, 0, 2);
}

void kv_score_int8(const struct kv_use *use, const float *queries, size_t row_stride,
                   size_t n_valid)
{
    size_t head_dim = use->cache.head_dim, n_groups = head_dim / LM_GROUP;
    size_t n = use->n_rows * use->n_queries, n_last = n_valid + use->n_rows - 1;
    struct kv_scratch *t = use->scratch;
    prefetch_values(&use->cache, n_last);
    for (size_t i = 0; i < n; i++)
        lm_rows_quantize(&t->query, use->kernels, i,
                         queries + i / use->n_queries * row_stride + i % use->n_queries * head_dim);
    struct lm_matrix keys = {use->cache.keys, (n_last + LM_TILE_ROWS - 1) / LM_TILE_ROWS, n_groups,
                             n_groups};
    use->kernels->lm_product(t->score, use->cache.n_slots, &keys, &t->query, n, false);
    for (size_t i = 0; use->score_cap > 0.0f && i < n; i++)
        lm_cap(t->score + i * use->cache.n_slots, use->score_cap, n_last);
}

/* The weights of query i, whose row sees n_valid slots. n_groups: of its row and all that look with it; what that row does
 * not see has no weight, so that it adds zeros. */
static void make_weights(const struct kv_use *use, const struct lm_rows *weight, size_t i,
                         size_t part, size_t n_valid, size_t n_groups, float sink)
{
    const struct kv_cache *cache = &use->cache;
    size_t at = i * weight->n_groups, n_own = (n_valid + LM_GROUP - 1) / LM_GROUP;
    use->scratch->total[i] = use->kernels->lm_attention_weights(
        weight->q + at * LM_GROUP, weight->scale + at, weight->sum + at,
        use->scratch->score + i * cache->n_slots,
        (const float *)cache->scales + part * cache->n_slots, n_valid, sink);
    for (size_t g = at + n_own; g < at + n_groups; g++) {
        memset(weight->q + g * LM_GROUP, 0, LM_GROUP);
        weight->scale[g] = 0.0f;
        weight->sum[g] = 0;
    }
}

/* 64 columns of the values: the sums to out, divided by the weights' totals. */
static void weigh_part(const struct kv_use *use, float *out, const float *sinks, size_t part,
                       size_t n_valid)
{
    const struct kv_cache *cache = &use->cache;
    struct kv_scratch *t = use->scratch;
    size_t n_columns = cache->n_slots / LM_GROUP, n_blocks = LM_GROUP / LM_TILE_ROWS;
    size_t n = use->n_rows * use->n_queries;
    size_t n_groups = (n_valid + use->n_rows - 1 + LM_GROUP - 1) / LM_GROUP;
    struct lm_rows weight = t->weight;
    weight.n_groups =
        n_columns; /* fewer than the scratch has room for, in layers of short windows */
    for (size_t i = 0; i < n; i++)
        make_weights(use, &weight, i, part, n_valid + i / use->n_queries, n_groups,
                     sinks[i % use->n_queries]);
    struct lm_matrix values = {(struct lm_tile *)cache->values + part * n_blocks * n_columns,
                               n_blocks, n_groups, n_columns};
    use->kernels->lm_product(out, cache->head_dim, &values, &weight, n, false);
    for (size_t i = 0; i < n; i++)
        lm_scale(out + i * cache->head_dim, 1.0f / t->total[i], LM_GROUP);
}

void kv_weigh_int8(const struct kv_use *use, float *out, const float *sinks, size_t n_valid)
{
    for (size_t part = 0; part < use->cache.head_dim / LM_GROUP; part++)
        weigh_part(use, out + part * LM_GROUP, sinks, part, n_valid);
}
