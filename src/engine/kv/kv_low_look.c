/* SPDX-License-Identifier: Apache-2.0
 *
 * How a row looks at a KV cache of few bits: kv_cache_low.c says what is in it.
 *
 * The columns of a row of scores are the slots, filled up to a multiple of 64, then those of the ring. Columns that do
 * not count get the least score and the value scale 0, so that their weight is 0.
 *
 * A row unpacks a few tiles at a time. Rows of a stream that are read together unpack all once, and then what each row
 * adds; the products, and the order of their sums, are the same.
 */
#include <string.h>

#include "engine/kv/kv_low.h"
#include "engine/kv_cache.h"
#include "engine/kv_pack.h"
#include "engine/lm_ops.h"
#include "engine/lm_rows.h"

/* From so many rows on it pays to unpack everything once for all. */
enum { UNPACKED_ROWS = 4 };

static_assert((int)KV_QUERIES - 1 <= (int)KV_BACK_MAX,
              "rows that look together store before the first looks, and leave it what is near");

size_t kv_low_n_far(const struct kv_use *use)
{
    uint64_t near = kv_near(use->cache.kind),
             n = use->position < near ? 0 : use->position + 1 - near;
    if (kv_low_drops(use))
        return n < use->cache.n_slots ? (size_t)n : use->cache.n_slots;
    return use->position >= use->n_kept ? use->n_kept : (size_t)n;
}

/* Once there are others far, all: the mean is the last. */
size_t kv_low_n_near(const struct kv_use *use)
{
    size_t n_sinks = use->n_sinks;
    if (kv_low_n_far(use) > 0)
        return kv_near_slots(use->cache.kind);
    return use->position < n_sinks ? 2 * n_sinks : n_sinks + (size_t)use->position + 1;
}

size_t kv_low_first_near(const struct kv_use *use)
{
    return (kv_low_n_far(use) + LM_GROUP - 1) / LM_GROUP * LM_GROUP;
}

static size_t row_stride(const struct kv_use *use)
{
    return use->cache.n_slots + kv_near_slots(use->cache.kind);
}

/* Columns near by: the form of the sinks that is not looked at; the mean; the ring's slots that hold no position yet,
 * one that has left, or one that was taken back. */
static void mask_near(const struct kv_use *use)
{
    struct kv_scratch *t = use->scratch;
    size_t near = kv_low_first_near(use), n_sinks = use->n_sinks,
           n_latest = kv_near(use->cache.kind);
    bool turned = use->position >= use->n_kept;
    uint64_t next = use->position + 1, oldest = next < n_latest ? 0 : next - n_latest;
    for (size_t i = 0; i < n_sinks; i++)
        t->masked[t->n_masked++] = (uint32_t)(near + i + (turned ? 0 : n_sinks));
    t->masked[t->n_masked++] = (uint32_t)(near + kv_low_mean_slot(&use->cache));
    for (uint64_t i = next; i < n_sinks; i++)
        t->masked[t->n_masked++] = (uint32_t)(near + i);
    oldest = oldest > n_sinks ? oldest : n_sinks;
    for (uint64_t i = next > n_sinks ? next : n_sinks; i < oldest + kv_low_ring_size(use); i++)
        t->masked[t->n_masked++] = (uint32_t)(near + kv_low_near_slot(use, i));
}

static void mask(const struct kv_use *use)
{
    struct kv_scratch *t = use->scratch;
    size_t n_far = kv_low_n_far(use);
    t->n_masked = 0;
    for (size_t i = 0; i < use->n_sinks && i < n_far; i++)
        t->masked[t->n_masked++] = (uint32_t)i;
    for (size_t i = n_far; i < kv_low_first_near(use); i++)
        t->masked[t->n_masked++] = (uint32_t)i;
    size_t n_latest =
        use->position >= use->n_kept && !kv_low_drops(use) ? kv_near(use->cache.kind) : 0;
    for (size_t age = 0; age < n_latest; age++)
        t->masked[t->n_masked++] =
            (uint32_t)kv_slot(use->n_kept, use->n_sinks, use->position - age);
    mask_near(use);
}

/* Unpacks the keys of blocks [first, first + n) of 16 slots. */
static void unpack_keys(const struct kv_use *use, struct lm_tile *tiles, size_t first, size_t n)
{
    const struct kv_cache *cache = &use->cache;
    size_t n_groups = cache->head_dim / LM_GROUP;
    const uint16_t *scales = cache->key_scales;
    use->kernels->lm_unpack(tiles, kv_low_key_tile(cache, first * LM_TILE_ROWS, 0), n * n_groups,
                            kv_low_key_bits(cache));
    for (size_t i = 0; i < n * n_groups; i++) {
        size_t at = i % n_groups * cache->n_slots + (first + i / n_groups) * LM_TILE_ROWS;
        kv_scale_values(tiles[i].scale, scales + at, LM_TILE_ROWS);
    }
}

/* Unpacks groups [first, first + n) of the slots of a block of 16 numbers. */
static void unpack_values(const struct kv_use *use, struct lm_tile *tiles, size_t block,
                          size_t first, size_t n)
{
    use->kernels->lm_unpack(tiles, kv_low_value_tile(&use->cache, block, first), n,
                            kv_low_value_bits(&use->cache));
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < LM_TILE_ROWS; r++)
            tiles[i].scale[r] = 1.0f;
}

/* Unpacks n_slots from a slot on, both multiples of 64, to where rows that are read together find them. */
static void unpack_far(const struct kv_use *use, size_t first, size_t n_slots)
{
    const struct kv_cache *cache = &use->cache;
    struct kv_scratch *t = use->scratch;
    size_t n_groups = cache->head_dim / LM_GROUP, block = first / LM_TILE_ROWS;
    unpack_keys(use, t->far_keys + block * n_groups, block, n_slots / LM_TILE_ROWS);
    for (size_t b = 0; b < cache->head_dim / LM_TILE_ROWS; b++)
        unpack_values(use, t->far_values + (b * cache->n_slots + first) / LM_GROUP, b,
                      first / LM_GROUP, n_slots / LM_GROUP);
}

void kv_begin_low(const struct kv_use *use, size_t n_rows)
{
    use->scratch->is_unpacked = n_rows >= UNPACKED_ROWS && kv_low_n_far(use) > 0;
    if (use->scratch->is_unpacked)
        unpack_far(use, 0, kv_low_first_near(use));
}

size_t kv_rows_low(const struct kv_use *use, size_t n_rows)
{
    size_t n_far = kv_low_n_far(use),
           n = kv_low_first_near(use) - n_far + 1; /* whose columns lie alike */
    if (n_far == 0)
        return 1;
    return n_rows < n ? n_rows : n;
}

/* Row r of those at use. */
static struct kv_use one_row(const struct kv_use *use, size_t r)
{
    struct kv_use one = *use;
    one.position += r;
    one.n_rows = 1;
    return one;
}

/* Unpacks anew what the rows' positions have put among the few bits. */
static void follow(const struct kv_use *use)
{
    size_t last = SIZE_MAX;
    for (size_t r = 0; use->scratch->is_unpacked && r < use->n_rows; r++) {
        uint64_t left = use->position + r -
                        kv_near(use->cache.kind); /* each row leaves a position far behind */
        size_t first = kv_low_slot(use, left) / LM_GROUP * LM_GROUP;
        if (first != last)
            unpack_far(use, first, LM_GROUP);
        last = first;
    }
}

static void score_far(const struct kv_use *use, size_t n_far)
{
    struct kv_scratch *t = use->scratch;
    size_t n_groups = use->cache.head_dim / LM_GROUP;
    size_t n_blocks = (n_far + LM_TILE_ROWS - 1) / LM_TILE_ROWS;
    size_t chunk = t->is_unpacked ? n_blocks : KV_TILES / n_groups;
    for (size_t b = 0; b < n_blocks; b += chunk) {
        struct lm_matrix keys = {t->is_unpacked ? t->far_keys : t->tiles,
                                 n_blocks - b < chunk ? n_blocks - b : chunk, n_groups, n_groups};
        if (!t->is_unpacked)
            unpack_keys(use, t->tiles, b, keys.n_blocks);
        use->kernels->lm_product(t->score + b * LM_TILE_ROWS, row_stride(use), &keys, &t->query,
                                 use->n_rows * use->n_queries, false);
    }
}

/* What the products of one row, whose scores begin at score, still lack. */
static void finish_scores(const struct kv_use *use, float *score)
{
    struct kv_scratch *t = use->scratch;
    size_t n_far = kv_low_n_far(use), near = kv_low_first_near(use);
    mask(use);
    for (size_t i = 0; i < use->n_queries; i++, score += row_stride(use)) {
        float of_mean = score[near + kv_low_mean_slot(&use->cache)];
        for (size_t j = 0; j < n_far; j++)
            score[j] += of_mean;
        if (use->score_cap > 0.0f)
            lm_cap(score, use->score_cap, near + kv_low_n_near(use));
        for (size_t j = 0; j < t->n_masked; j++)
            score[t->masked[j]] = -LM_SCORE_MAX;
    }
}

void kv_score_low(const struct kv_use *use, const float *queries, size_t row_step, size_t n_valid)
{
    (void)n_valid; /* the position says more */
    struct kv_scratch *t = use->scratch;
    struct kv_cache near = kv_low_near(&use->cache);
    struct kv_use last = one_row(use, use->n_rows - 1);
    size_t n_groups = near.head_dim / LM_GROUP, n = use->n_rows * use->n_queries;
    size_t row_size = use->n_queries * near.head_dim;
    follow(use);
    for (size_t r = 0; r < use->n_rows; r++)
        use->kernels->lm_rotate(t->rotated + r * row_size, queries + r * row_step,
                                use->n_queries * n_groups);
    for (size_t i = 0; i < n; i++)
        lm_rows_quantize(&t->query, use->kernels, i, t->rotated + i * near.head_dim);
    score_far(use, kv_low_n_far(&last));
    struct lm_matrix keys = {near.keys, (kv_low_n_near(use) + LM_TILE_ROWS - 1) / LM_TILE_ROWS,
                             n_groups, n_groups};
    use->kernels->lm_product(t->score + kv_low_first_near(use), row_stride(use), &keys, &t->query,
                             n, false);
    for (size_t r = 0; r < use->n_rows; r++) {
        struct kv_use one = one_row(use, r);
        finish_scores(&one, t->score + r * use->n_queries * row_stride(use));
    }
}

/* The value scales of all columns of one row, for 64 numbers of the values. */
static void scale_columns(const struct kv_use *use, size_t part)
{
    struct kv_scratch *t = use->scratch;
    const struct kv_cache *cache = &use->cache;
    mask(use);
    kv_scale_values(t->value_scale, (const uint16_t *)cache->scales + part * cache->n_slots,
                    kv_low_n_far(use));
    memcpy(t->value_scale + kv_low_first_near(use),
           (const float *)cache->near_scales + part * kv_near_slots(cache->kind),
           kv_low_n_near(use) * sizeof(float));
    for (size_t j = 0; j < t->n_masked; j++)
        t->value_scale[t->masked[j]] = 0.0f;
}

/* Weights of all columns of all rows for 64 numbers of the values. */
static void make_weights(const struct kv_use *use, struct lm_rows *weight, const float *sinks,
                         size_t part)
{
    struct kv_scratch *t = use->scratch;
    size_t stride = row_stride(use), n_columns = kv_low_first_near(use) + kv_low_n_near(use);
    weight->n_groups = stride / LM_GROUP;
    for (size_t i = 0; i < use->n_rows * use->n_queries; i++) {
        struct kv_use one = one_row(use, i / use->n_queries);
        if (i % use->n_queries == 0)
            scale_columns(&one, part);
        t->total[i] = use->kernels->lm_attention_weights(
            weight->q + i * stride, weight->scale + i * weight->n_groups,
            weight->sum + i * weight->n_groups, t->score + i * stride, t->value_scale, n_columns,
            sinks[i % use->n_queries]);
    }
}

/* The weights from a group on. */
static struct lm_rows weights_from(const struct lm_rows *weight, size_t group)
{
    return (struct lm_rows){weight->q + group * LM_GROUP, weight->scale + group,
                            weight->sum + group, weight->n_groups};
}

/* Groups [first, first + n) of the slots' values, for 64 of their numbers. */
static struct lm_matrix far_values(const struct kv_use *use, size_t part, size_t first, size_t n)
{
    struct kv_scratch *t = use->scratch;
    size_t n_blocks = LM_GROUP / LM_TILE_ROWS, stride = use->cache.n_slots / LM_GROUP;
    if (t->is_unpacked)
        return (struct lm_matrix){t->far_values + part * n_blocks * stride + first, n_blocks, n,
                                  stride};
    for (size_t b = 0; b < n_blocks; b++)
        unpack_values(use, t->tiles + b * n, part * n_blocks + b, first, n);
    return (struct lm_matrix){t->tiles, n_blocks, n, n};
}

/* 64 columns of the values. */
static void weigh_part(const struct kv_use *use, float *out, const float *sinks, size_t part)
{
    struct lm_rows weight = use->scratch->weight, left;
    struct kv_cache near = kv_low_near(&use->cache);
    size_t n_blocks = LM_GROUP / LM_TILE_ROWS, chunk = KV_TILES / n_blocks;
    size_t n = use->n_rows * use->n_queries;
    size_t n_far = kv_low_first_near(use) / LM_GROUP, n_near = near.n_slots / LM_GROUP;
    make_weights(use, &weight, sinks, part);
    for (size_t g = 0; g < n_far; g += chunk) {
        struct lm_matrix values = far_values(use, part, g, n_far - g < chunk ? n_far - g : chunk);
        left = weights_from(&weight, g);
        use->kernels->lm_product(out, near.head_dim, &values, &left, n, g > 0);
    }
    struct lm_matrix values = {(struct lm_tile *)near.values + part * n_blocks * n_near, n_blocks,
                               (kv_low_n_near(use) + LM_GROUP - 1) / LM_GROUP, n_near};
    left = weights_from(&weight, n_far);
    use->kernels->lm_product(out, near.head_dim, &values, &left, n, n_far > 0);
    for (size_t i = 0; i < n; i++)
        lm_scale(out + i * near.head_dim, 1.0f / use->scratch->total[i], LM_GROUP);
}

void kv_weigh_low(const struct kv_use *use, float *out, const float *sinks, size_t n_valid)
{
    (void)n_valid;
    size_t head_dim = use->cache.head_dim;
    for (size_t part = 0; part < head_dim / LM_GROUP; part++)
        weigh_part(use, out + part * LM_GROUP, sinks, part);
    use->kernels->lm_rotate(out, out, use->n_rows * use->n_queries * head_dim / LM_GROUP);
}
