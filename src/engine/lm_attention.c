/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention over the int8 cache. Keys are a matrix whose rows are slots, so a query's scores are
 * one lm_product; the weights (exponentials, times the values' scales) are quantised in groups of
 * 64 slots, and their product with the values is another.
 */
#include "base/strict_math.h"
#include "engine/lm_ops.h"
#include "engine/lm_state.h"

#include <string.h>

/* One head of one token. */
struct attending {
    struct lm_state *state;
    const struct lm_layer *layer;
    struct lm_scratch *scratch;
    struct lm_cache cache;
    size_t n_slots; /* of the layer */
    uint32_t head;  /* of keys and values */
    size_t row;
    uint64_t position;
};

static size_t slot_of(const struct attending *a, uint64_t position)
{
    size_t n_sinks = a->state->n_sinks;
    return position < a->n_slots
               ? (size_t)position
               : n_sinks + (size_t)((position - n_sinks) % (a->n_slots - n_sinks));
}

/* The angles of a row's position (which 0) or of sink which - 1 as seen from there. */
static void turn(const struct attending *a, float *x, size_t which)
{
    const struct lm_state *state = a->state;
    size_t n = state->rope.n_pairs, at = (a->row * (1 + LM_SINK_TOKENS) + which) * n;
    rope_turn(x, state->cosine + at, state->sine + at, n);
}

static void quantize(const struct attending *a, struct lm_rows *rows, size_t row, const float *x)
{
    size_t at = row * rows->n_groups;
    a->state->kernels.lm_quantize(rows->q + at * LM_GROUP, rows->scale + at, rows->sum + at, x,
                                  rows->n_groups);
}

static void store_key(const struct attending *a, size_t slot, const float *key)
{
    struct lm_rows *one = &a->scratch->one;
    struct lm_tile *tiles = a->cache.keys + slot / LM_TILE_ROWS * one->n_groups;
    size_t r = slot % LM_TILE_ROWS;
    quantize(a, one, 0, key);
    for (size_t g = 0; g < one->n_groups; g++) {
        for (size_t k = 0; k < LM_GROUP / 4; k++)
            memcpy(tiles[g].q[k][r], one->q + g * LM_GROUP + 4 * k, 4);
        tiles[g].scale[r] = one->scale[g];
    }
}

static void store_value(const struct attending *a, size_t slot, const float *value)
{
    struct lm_rows *one = &a->scratch->one;
    size_t n_columns = a->n_slots / LM_GROUP, k = slot % LM_GROUP;
    quantize(a, one, 0, value);
    for (size_t d = 0; d < one->n_groups * LM_GROUP; d++) {
        struct lm_tile *tile = a->cache.values + d / LM_TILE_ROWS * n_columns + slot / LM_GROUP;
        tile->q[k / 4][d % LM_TILE_ROWS][k % 4] = one->q[d];
        if (k == 0)
            tile->scale[d % LM_TILE_ROWS] = 1.0f;
    }
    for (size_t g = 0; g < one->n_groups; g++)
        a->cache.value_scale[g * a->n_slots + slot] = one->scale[g];
}

/* Once positions have left the window, the first ones stay, as if they stood right before the rest.
 */
static void move_sinks(const struct attending *a)
{
    size_t head_dim = a->state->model->shape.head_dim;
    if (a->position < a->n_slots || a->state->rope.n_pairs == 0)
        return;
    for (size_t i = 0; i < a->state->n_sinks; i++) {
        memcpy(a->scratch->head, a->cache.sink_keys + i * head_dim, head_dim * sizeof(float));
        turn(a, a->scratch->head, 1 + i);
        store_key(a, i, a->scratch->head);
    }
}

static void remember(const struct attending *a, float *key, const float *value)
{
    const struct lm_shape *s = &a->state->model->shape;
    const struct tensor *norm = &a->layer->tensors[LM_K_NORM];
    if (norm->n_columns)
        a->state->kernels.lm_rms_norm(key, key, norm->values, s->head_dim, s->norm_epsilon);
    if (a->position < a->state->n_sinks)
        memcpy(a->cache.sink_keys + a->position * s->head_dim, key, s->head_dim * sizeof *key);
    turn(a, key, 0);
    store_key(a, slot_of(a, a->position), key);
    store_value(a, slot_of(a, a->position), value);
    move_sinks(a);
}

static void make_queries(const struct attending *a, float *queries, size_t n)
{
    const struct lm_shape *s = &a->state->model->shape;
    const struct tensor *norm = &a->layer->tensors[LM_Q_NORM];
    const float *gain = a->layer->tensors[LM_Q_GAIN].values;
    float factor = 1.0f / strict_sqrt((float)s->head_dim);
    for (size_t i = 0; i < n; i++) {
        float *query = queries + i * s->head_dim;
        if (norm->n_columns)
            a->state->kernels.lm_rms_norm(query, query, norm->values, s->head_dim, s->norm_epsilon);
        turn(a, query, 0);
        lm_scale(query, gain ? factor * gain[a->head * n + i] : factor, s->head_dim);
        quantize(a, &a->scratch->query, i, query);
    }
}

/* 64 columns of the values: the sums to scratch->out, divided by the weights' totals. */
static void weigh_values(const struct attending *a, size_t part, size_t n, size_t n_valid)
{
    const struct lm_state *state = a->state;
    struct lm_scratch *t = a->scratch;
    size_t n_slots = a->n_slots, n_groups = n_slots / LM_GROUP, n_blocks = LM_GROUP / LM_TILE_ROWS;
    const float *sink = a->layer->tensors[LM_SINK_SCORE].values;
    struct lm_rows weight = t->weight;
    weight.n_groups = n_groups; /* fewer than there is room for, in layers of short windows */
    for (size_t i = 0; i < n; i++) {
        t->total[i] = state->kernels.lm_attention_weights(
            t->weight.q + i * n_slots, t->weight.scale + i * n_groups, t->weight.sum + i * n_groups,
            t->score + i * n_slots, a->cache.value_scale + part * n_slots, n_valid,
            sink ? lm_clamp_score(sink[a->head * n + i]) : -LM_SCORE_MAX);
    }
    struct lm_matrix values = {a->cache.values + part * n_blocks * n_groups, n_blocks,
                               (n_valid + LM_GROUP - 1) / LM_GROUP, n_groups};
    state->kernels.lm_product(t->out, LM_GROUP, &values, &weight, n, false);
    for (size_t i = 0; i < n; i++)
        lm_scale(t->out + i * LM_GROUP, 1.0f / t->total[i], LM_GROUP);
}

static void prefetch_values(const struct attending *a, size_t n_valid)
{
    size_t n_groups = a->n_slots / LM_GROUP;
    size_t n_bytes = (n_valid + LM_GROUP - 1) / LM_GROUP * sizeof(struct lm_tile);
    for (size_t b = 0; b < a->state->model->shape.head_dim / LM_TILE_ROWS; b++)
        for (size_t i = 0; i < n_bytes; i += 64)
            __builtin_prefetch((const char *)(a->cache.values + b * n_groups) + i, 0, 2);
}

static void attend(const struct attending *a)
{
    struct lm_state *state = a->state;
    const struct lm_shape *s = &state->model->shape;
    struct lm_scratch *t = a->scratch;
    size_t n = s->n_heads / s->n_kv_heads, parts = s->head_dim / LM_GROUP;
    size_t n_valid = a->position < a->n_slots ? (size_t)a->position + 1 : a->n_slots;
    float *qkv = state->wide + a->row * state->wide_stride;
    float *key = qkv + lm_head_columns(s) + (size_t)a->head * s->head_dim;
    prefetch_values(a, n_valid);
    remember(a, key, key + (size_t)s->n_kv_heads * s->head_dim);
    make_queries(a, qkv + a->head * n * s->head_dim, n);
    struct lm_matrix keys = {a->cache.keys, (n_valid + LM_TILE_ROWS - 1) / LM_TILE_ROWS, parts,
                             parts};
    state->kernels.lm_product(t->score, a->n_slots, &keys, &t->query, n, false);
    for (size_t part = 0; part < parts; part++) {
        weigh_values(a, part, n, n_valid);
        for (size_t i = 0; i < n; i++) {
            size_t at = a->row * state->attended.n_groups + (a->head * n + i) * parts + part;
            state->kernels.lm_quantize(state->attended.q + at * LM_GROUP,
                                       state->attended.scale + at, state->attended.sum + at,
                                       t->out + i * LM_GROUP, 1);
        }
    }
}

/* A stream's rows are attended to in order, by one member for each head: each row's key and value
 * are stored just before the row looks, so that it sees what it would see if it came alone. */
void lm_attention(struct lm_state *state, const struct lm_layer *layer, uint32_t layer_index,
                  struct crew *crew, unsigned member)
{
    uint32_t n_heads = state->model->shape.n_kv_heads;
    size_t n_runs = 0, begin, end, run = 0;
    for (size_t i = 0; i < state->n_rows; i++)
        n_runs += i == 0 || state->rows[i].stream != state->rows[i - 1].stream;
    crew_share(crew, member, n_runs * n_heads, &begin, &end);
    for (size_t i = 0; i < state->n_rows; run++) {
        size_t first = i;
        while (i < state->n_rows && state->rows[i].stream == state->rows[first].stream)
            i++;
        for (uint32_t head = 0; head < n_heads; head++) {
            if (run * n_heads + head < begin || run * n_heads + head >= end)
                continue;
            struct attending a = {.state = state,
                                  .layer = layer,
                                  .head = head,
                                  .scratch = &state->scratch[member],
                                  .n_slots = state->spans[layer_index].n_slots};
            a.cache = lm_cache_of(state, layer_index, state->rows[first].stream, head);
            for (a.row = first; a.row < i; a.row++) {
                a.position = state->rows[a.row].position;
                attend(&a);
            }
        }
    }
}
