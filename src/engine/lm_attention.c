/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention of one layer: which positions a row sees, in which slots of the cache they lie, and by
 * which angles keys and queries are rotated. kv_cache.h has the cache itself.
 */
#include "base/strict_math.h"
#include "engine/lm_ops.h"
#include "engine/lm_rows.h"
#include "engine/lm_state.h"

#include <string.h>

/* One head of one token. */
struct attending {
    const struct lm_state *state;
    struct lm_team *team;
    const struct lm_layer *layer;
    struct lm_scratch *scratch;
    const struct lm_span *span;
    struct kv_use use;
    struct lm_past past;
    uint32_t head; /* of keys and values */
    size_t row;
    uint64_t position;
};

/* Rotates by the angles of the row's position (which = 0), or of sink which - 1 as seen from that
 * position. */
static void rotate(const struct attending *a, float *x, size_t which)
{
    const struct lm_state *state = a->state;
    size_t n = state->rope.n_pairs, at = (a->row * (1 + LM_SINK_TOKENS) + which) * n;
    if (a->span->is_local) /* these have no sinks */
        rope_turn(x, a->team->local_cosine + a->row * n, a->team->local_sine + a->row * n, n);
    else
        rope_turn(x, a->team->cosine + at, a->team->sine + at, n);
}

/* Once positions have left the window, the sinks stay, as if they stood right before the rest.
 */
static void move_sinks(const struct attending *a)
{
    size_t head_dim = a->use.cache.head_dim;
    if (a->position < a->span->n_kept || a->state->rope.n_pairs == 0)
        return;
    for (size_t i = 0; i < a->span->n_sinks; i++) {
        memcpy(a->scratch->head, a->past.sink_keys + i * head_dim, head_dim * sizeof(float));
        rotate(a, a->scratch->head, 1 + i);
        kv_cache_store(&a->use, i, a->scratch->head, NULL);
    }
}

/* Saves the slot before the position takes it, for lm_take_back. */
static void keep_undone(const struct attending *a)
{
    const struct lm_past *past = &a->past;
    kv_cache_copy(&past->undone, a->position % LM_UNDONE, &past->cache,
                  lm_slot(a->span, a->position));
    for (size_t i = 0; a->position == a->span->n_kept && i < a->span->n_sinks; i++)
        kv_cache_copy(&past->undone, LM_UNDONE + i, &past->cache, i);
}

static void remember(const struct attending *a, float *key, const float *value)
{
    const struct lm_shape *s = &a->state->model->shape;
    const struct tensor *norm = &a->layer->tensors[LM_K_NORM];
    if (norm->n_columns && !(s->flags & LM_QK_NORM_ALL))
        a->state->kernels.lm_rms_norm(key, key, norm->values, s->head_dim, s->norm_epsilon);
    if (a->position < a->span->n_sinks)
        memcpy(a->past.sink_keys + a->position * s->head_dim, key, s->head_dim * sizeof *key);
    rotate(a, key, 0);
    if (a->past.undone.n_slots && a->position >= a->span->n_kept)
        keep_undone(a);
    bool taken = a->past.keep.received && a->use.cache.kind == KV_INT8;
    size_t slot = taken ? a->use.taken : lm_slot(a->span, a->position);
    kv_cache_store(&a->use, slot, key, value);
    move_sinks(a);
}

static void make_queries(const struct attending *a, float *queries)
{
    const struct lm_shape *s = &a->state->model->shape;
    const struct tensor *norm = &a->layer->tensors[LM_Q_NORM];
    const float *gain = a->layer->tensors[LM_Q_GAIN].values;
    float factor = s->score_scale != 0.0f ? s->score_scale : 1.0f / strict_sqrt((float)s->head_dim);
    size_t n = a->use.n_queries;
    for (size_t i = 0; i < n; i++) {
        float *query = queries + i * s->head_dim;
        if (norm->n_columns && !(s->flags & LM_QK_NORM_ALL))
            a->state->kernels.lm_rms_norm(query, query, norm->values, s->head_dim, s->norm_epsilon);
        rotate(a, query, 0);
        lm_scale(query, gain ? factor * gain[a->head * n + i] : factor, s->head_dim);
    }
}

/* Tells the state's watcher, if there is one and the layer sees all of the past. */
static void show(const struct attending *a, const float *key)
{
    const struct lm_state *state = a->state;
    struct lm_attended attended = {.layer = (uint32_t)(a->layer - state->model->layers),
                                   .head = a->head,
                                   .n_queries = (uint32_t)a->use.n_queries,
                                   .position = a->position,
                                   .key = key,
                                   .value = key + (size_t)state->model->shape.n_kv_heads *
                                                      state->model->shape.head_dim,
                                   .scores = a->scratch->kv.score,
                                   .stride = a->use.cache.n_slots,
                                   .sinks = a->scratch->sinks};
    if (state->watch && a->position < lm_looked_at(a->span, a->head))
        state->watch(state->watcher, &attended);
}

static void measure(const struct attending *a, size_t n_valid)
{
    size_t layer = (size_t)(a->layer - a->state->model->layers);
    size_t head = layer * a->state->model->shape.n_kv_heads + a->head;
    kv_measure_row(a->state->measure, head, (size_t)(a->scratch - a->team->scratch), &a->use,
                   a->scratch->out, a->scratch->sinks, n_valid);
}

/* Where the row has its first query. */
static float *queries_of(const struct attending *a)
{
    return a->team->wide + a->row * a->state->wide_stride +
           a->head * a->use.n_queries * a->state->model->shape.head_dim;
}

/* Stores what the row at a->row remembers, and makes its queries. */
static const float *come(const struct attending *a)
{
    const struct lm_shape *s = &a->state->model->shape;
    float *key = a->team->wide + a->row * a->state->wide_stride + lm_head_columns(s) +
                 (size_t)a->head * s->head_dim;
    remember(a, key, key + (size_t)s->n_kv_heads * s->head_dim);
    make_queries(a, queries_of(a));
    return key;
}

/* Rows from a->row on that look together, as many as a->use says. */
static void attend(const struct attending *a)
{
    const struct lm_state *state = a->state;
    struct lm_scratch *t = a->scratch;
    struct attending one = *a;
    size_t n = a->use.n_queries, n_kept = lm_looked_at(a->span, a->head);
    size_t head_dim = a->use.cache.head_dim, parts = head_dim / LM_GROUP;
    size_t n_valid = a->position < n_kept ? (size_t)a->position + 1 : n_kept;
    const float *key = NULL;
    for (size_t i = 0; i < a->use.n_rows; i++) {
        one.row = a->row + i;
        one.position = one.use.position = a->position + i;
        key = come(&one);
    }
    kv_cache_score(&a->use, queries_of(a), state->wide_stride, n_valid);
    show(a, key);
    kv_cache_weigh(&a->use, t->out, t->sinks, n_valid);
    if (a->past.keep.received)
        lm_keep_note(&a->past.keep, &a->use, n_valid);
    if (state->measure && a->span->n_sinks > 0)
        measure(a, n_valid);
    for (size_t i = 0; i < a->use.n_rows; i++)
        lm_inputs_quantize_part(&a->team->attended, &state->kernels, a->row + i,
                                a->head * n * parts, n * parts, t->out + i * n * head_dim);
}

/* How many of n_rows rows from a->row on look together: one where somebody watches each, or where what a row has seen
 * decides which slot the next one takes. */
static size_t rows_together(const struct attending *a, size_t n_rows)
{
    bool alone = a->state->watch || a->state->measure || a->past.keep.received;
    return alone ? 1 : kv_cache_rows(&a->use, n_rows);
}

/* The scores of the head's sinks, which are parameters of the layer. */
static void set_sinks(const struct attending *a)
{
    const float *sink = a->layer->tensors[LM_SINK_SCORE].values;
    size_t n = a->use.n_queries;
    for (size_t i = 0; i < n; i++)
        a->scratch->sinks[i] = sink ? lm_clamp_score(sink[a->head * n + i]) : -LM_SCORE_MAX;
}

/* Rows [begin, end), all of one stream, by one head. */
static void attend_run(const struct lm_share *share, uint32_t layer_index, uint32_t head,
                       size_t begin, size_t end)
{
    const struct lm_state *state = share->state;
    const struct lm_shape *s = &state->model->shape;
    struct lm_scratch *scratch = &share->team->scratch[share->member];
    struct lm_past past = lm_past_of(state, layer_index, share->pass->rows[begin].stream, head);
    struct attending a = {
        .state = state,
        .team = share->team,
        .layer = &state->model->layers[layer_index],
        .head = head,
        .scratch = scratch,
        .span = &state->spans[layer_index],
        .past = past,
        .use = {past.cache, &state->kernels, &scratch->kv, s->n_heads / s->n_kv_heads, s->score_cap,
                0, 1, state->spans[layer_index].n_kept, state->spans[layer_index].n_sinks, 0}};
    set_sinks(&a);
    a.use.position = share->pass->rows[begin].position;
    kv_cache_begin(&a.use, end - begin);
    for (a.row = begin; a.row < end; a.row += a.use.n_rows) {
        a.position = a.use.position = share->pass->rows[a.row].position;
        a.use.n_rows = rows_together(&a, end - a.row);
        if (past.keep.received)
            a.use.taken = lm_keep_take(&past.keep, &a.use);
        attend(&a);
    }
}

/* For each head one member computes a stream's rows in order. Keys and values are stored before the row's attention, a few
 * rows' at a time where each sees what it would see if it came alone. */
void lm_attention(const struct lm_share *share, uint32_t layer_index)
{
    const struct lm_row *rows = share->pass->rows;
    uint32_t n_heads = share->state->model->shape.n_kv_heads;
    size_t n_rows = share->pass->n_rows, n_runs = 0, begin, end, run = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_runs += i == 0 || rows[i].stream != rows[i - 1].stream;
    lm_my_part(share, n_runs * n_heads, &begin, &end);
    for (size_t i = 0; i < n_rows; run++) {
        size_t first = i;
        while (i < n_rows && rows[i].stream == rows[first].stream)
            i++;
        for (uint32_t head = 0; head < n_heads; head++)
            if (run * n_heads + head >= begin && run * n_heads + head < end)
                attend_run(share, layer_index, head, first, i);
    }
}
