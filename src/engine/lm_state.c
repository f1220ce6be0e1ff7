/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of lm.h: a state's memory, and the passes that read the callers' tokens.
 */
#include "engine/lm_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"
#include "base/try.h"
#include "engine/lm_rows.h"

/* Rows whose distance is a multiple of the page size would all compete for the same few lines of
 * the processor's caches. */
static size_t spread_stride(size_t n)
{
    return n % 1024 == 0 ? n + LM_TILE_ROWS : n;
}

static size_t group_heads(const struct lm_shape *s)
{
    return s->n_heads / s->n_kv_heads;
}

static void lay_out_scratch(struct lm_scratch *t, const struct lm_state *state,
                            const struct lm_shape *s, struct arena *arena)
{
    size_t n = group_heads(s);
    kv_scratch_lay_out(&t->kv, state->kv_kind, n, s->head_dim, state->n_slots_max, arena);
    t->sinks = arena_take(arena, n * sizeof *t->sinks);
    t->out = arena_take(arena, kv_rows_max(n) * n * s->head_dim * sizeof *t->out);
    t->head = arena_take(arena, s->head_dim * sizeof *t->head);
}

static void lay_out_inputs(struct lm_team *team, size_t n_rows, const struct lm_shape *s,
                           struct arena *arena)
{
    size_t n_hashed = s->flags & LM_WITH_HASHES ? 2 * (size_t)s->hash_size : 0;
    bool wide = s->flags & LM_WIDE_LAYERS;
    lm_inputs_lay_out(&team->hashes, n_rows, n_hashed, false, arena);
    lm_inputs_lay_out(&team->in, n_rows, s->width, wide, arena);
    lm_inputs_lay_out(&team->attended, n_rows, lm_head_columns(s), wide, arena);
    lm_inputs_lay_out(&team->hidden, n_rows, s->n_hidden, wide, arena);
    lm_inputs_lay_out(&team->last, n_rows, s->width, s->flags & LM_WIDE_HEAD, arena);
}

static void lay_out_team(struct lm_team *team, const struct lm_state *state,
                         const struct lm_shape *s, unsigned n_threads, struct arena *arena)
{
    size_t n = state->n_rows_max, n_angles = n * (1 + LM_SINK_TOKENS) * (s->rope_dims / 2);
    team->x = arena_take(arena, n * s->width * sizeof *team->x);
    team->norm = arena_take(arena, n * s->width * sizeof *team->norm);
    team->embedded =
        arena_take(arena, s->flags & LM_WITH_MIX ? n * s->width * sizeof *team->embedded : 0);
    team->wide = arena_take(arena, n * state->wide_stride * sizeof *team->wide);
    team->cosine = arena_take(arena, n_angles * sizeof *team->cosine);
    team->sine = arena_take(arena, n_angles * sizeof *team->sine);
    n_angles = s->local_rope_base != 0.0f ? n * (s->rope_dims / 2) : 0;
    team->local_cosine = arena_take(arena, n_angles * sizeof *team->local_cosine);
    team->local_sine = arena_take(arena, n_angles * sizeof *team->local_sine);
    lay_out_inputs(team, n, s, arena);
    team->scratch = arena_take(arena, n_threads * sizeof *team->scratch);
    for (unsigned i = 0; i < n_threads; i++) {
        struct lm_scratch unused;
        lay_out_scratch(team->scratch ? &team->scratch[i] : &unused, state, s, arena);
    }
}

/* Places everything but the caches, which come last. */
static void lay_out(struct lm_state *state, const struct lm_shape *s, unsigned n_threads,
                    struct arena *arena)
{
    size_t qkv = lm_qkv_rows(s), up = lm_up_rows(s);
    state->wide_stride = spread_stride(qkv > up ? qkv : up);
    state->spans = arena_take(arena, s->n_layers * sizeof *state->spans);
    state->heads = arena_take(arena, (size_t)s->n_layers * s->n_kv_heads * sizeof *state->heads);
    state->before = arena_take(arena, state->n_streams * sizeof *state->before);
    state->n_seen = arena_take(arena, state->n_streams * sizeof *state->n_seen);
    state->teams = arena_take(arena, state->n_teams * sizeof *state->teams);
    for (uint32_t i = 0; i < state->n_teams; i++) {
        struct lm_team unused;
        lay_out_team(state->teams ? &state->teams[i] : &unused, state, s, n_threads, arena);
    }
}

static_assert(LM_BATCH <= TACIT_STREAMS_MAX, "a pass has room for LM_BATCH rows");

static enum tacit_status check_options(const struct lm_options *o, const struct lm_shape *shape)
{
    bool ok = o->n_streams - 1 < TACIT_STREAMS_MAX && o->n_context - 1 < TACIT_CONTEXT_MAX &&
              o->n_threads - 1 < LM_THREADS_MAX && o->n_teams <= LM_THREADS_MAX &&
              o->n_back <= LM_BACK_MAX && o->kv_kind < KV_N_KINDS && o->kv_keep < 100 &&
              (o->kv_keep == 0 || (o->kv_kind == KV_INT8 && o->n_back == 0 && !o->kv_heads)) &&
              (!o->kv_heads || (o->n_back == 0 && o->kv_heads->n == kv_heads_of(shape)));
    return ok ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Sets the sizes; the pieces' total goes to *n_bytes, the caches' share of it to *n_cache_bytes. */
static void measure(struct lm_state *state, const struct lm_shape *shape,
                    const struct lm_options *options, uint64_t *n_bytes, uint64_t *n_cache_bytes)
{
    struct arena sizes = {0};
    *n_cache_bytes = 0;
    state->n_slots_max = 0;
    for (uint32_t layer = 0; layer < shape->n_layers; layer++) {
        struct lm_span span;
        *n_cache_bytes += lm_span_measure(&span, NULL, shape, options, layer);
        if (span.n_slots_max > state->n_slots_max)
            state->n_slots_max = span.n_slots_max;
    }
    state->n_streams = options->n_streams;
    state->n_teams = options->n_teams ? options->n_teams : 1;
    state->n_back = options->n_back;
    state->kv_kind = options->kv_kind;
    state->n_context = round_up(options->n_context, LM_CONTEXT_UNIT);
    state->n_rows_max = options->n_streams > LM_BATCH ? options->n_streams : LM_BATCH;
    lay_out(state, shape, options->n_threads, &sizes);
    *n_bytes = sizes.used + *n_cache_bytes;
}

enum tacit_status lm_state_memory_needed(const struct lm_shape *shape,
                                         const struct lm_options *options, uint64_t *n_bytes)
{
    struct lm_state state = {0};
    uint64_t n_cache_bytes;
    TRY(lm_shape_check(shape));
    TRY(check_options(options, shape));
    measure(&state, shape, options, n_bytes, &n_cache_bytes);
    *n_bytes += sizeof state;
    return TACIT_OK;
}

/* The caches are not cleared, so slots that a stream has not reached take no memory. */
static enum tacit_status allocate(struct lm_state *state, const struct lm_options *options)
{
    const struct lm_shape *shape = &state->model->shape;
    uint64_t n_bytes, n_cache_bytes;
    measure(state, shape, options, &n_bytes, &n_cache_bytes);
    if (n_bytes > SIZE_MAX / 2)
        return TACIT_ERR_MEMORY;
    state->memory = aligned_alloc(ARENA_ALIGN, (size_t)n_bytes);
    if (!state->memory)
        return TACIT_ERR_MEMORY;
    size_t n_first = (size_t)(n_bytes - n_cache_bytes);
    memset(state->memory, 0, n_first);
    struct arena arena = {state->memory, n_first, 0};
    lay_out(state, shape, options->n_threads, &arena);
    uint8_t *caches = (uint8_t *)state->memory + n_first;
    for (uint32_t layer = 0; layer < shape->n_layers; layer++) {
        struct lm_head *heads = state->heads + (size_t)layer * shape->n_kv_heads;
        uint64_t n = lm_span_measure(&state->spans[layer], heads, shape, options, layer);
        state->spans[layer].caches = caches;
        caches += n;
    }
    return TACIT_OK;
}

static void init_ropes(struct lm_state *state, const struct lm_shape *s)
{
    const float *divisors = state->model->tensors[LM_ROPE_DIVISORS].values;
    rope_init(&state->rope, s->rope_dims, s->rope_base, divisors, s->rope_gain);
    if (s->local_rope_base != 0.0f)
        rope_init(&state->local_rope, s->rope_dims, s->local_rope_base, NULL, 0.0f);
}

enum tacit_status lm_state_create(struct lm_state **state_out, const struct lm_model *model,
                                  const struct lm_options *options)
{
    *state_out = NULL;
    TRY(check_options(options, &model->shape));
    TRY(strict_float_check());
    struct lm_state *state = calloc(1, sizeof *state);
    if (!state)
        return TACIT_ERR_MEMORY;
    state->model = model;
    state->head = lm_head_matrix(model);
    kernels_select(&state->kernels, options->cpu_features);
    init_ropes(state, &model->shape);
    enum tacit_status status = allocate(state, options);
    for (uint32_t i = 0; status == TACIT_OK && i < state->n_teams; i++)
        status = crew_create(&state->teams[i].crew, options->n_threads);
    if (status != TACIT_OK) {
        lm_state_destroy(state);
        return status;
    }
    for (uint32_t stream = 0; stream < options->n_streams; stream++)
        lm_reset_stream(state, stream);
    *state_out = state;
    return TACIT_OK;
}

void lm_state_destroy(struct lm_state *state)
{
    if (!state)
        return;
    for (uint32_t i = 0; state->memory && i < state->n_teams; i++)
        crew_destroy(state->teams[i].crew);
    free(state->memory);
    free(state);
}

const struct tensor *lm_head_matrix(const struct lm_model *model)
{
    return &model->tensors[model->shape.flags & LM_SEPARATE_HEAD ? LM_HEAD : LM_EMBEDDING];
}

void lm_state_reorder(struct lm_state *state, const struct tensor *head)
{
    state->head = head;
}

size_t lm_logit_stride(const struct lm_model *model)
{
    return spread_stride((model->shape.n_vocab + LM_TILE_ROWS - 1) / LM_TILE_ROWS *
                         (size_t)LM_TILE_ROWS);
}

/* Notes the token as the stream's latest. */
static void add_row(struct lm_state *state, struct lm_pass *pass, uint32_t stream, uint32_t token,
                    uint32_t logits_row)
{
    uint32_t *before = state->before[stream];
    pass->rows[pass->n_rows++] =
        (struct lm_row){stream, token, {before[0], before[1]}, logits_row, state->n_seen[stream]++};
    memmove(before + 1, before, sizeof state->before[0] - sizeof *before);
    before[0] = token;
}

static void run_whole(const struct lm_state *state, struct lm_team *team,
                      const struct lm_pass *pass)
{
    lm_forward(state, team, pass, 0, lm_forward_steps(state, pass));
}

enum tacit_status lm_step(struct lm_state *state, const uint32_t *tokens, float *logits)
{
    struct lm_pass pass;
    for (uint32_t i = 0; i < state->n_streams; i++)
        if (tokens[i] >= state->model->shape.n_vocab && tokens[i] != LM_NO_TOKEN)
            return TACIT_ERR_ARGUMENT;
    pass.n_rows = 0;
    pass.logits = logits;
    for (uint32_t i = 0; i < state->n_streams; i++)
        if (tokens[i] != LM_NO_TOKEN)
            add_row(state, &pass, i, tokens[i], i);
    if (pass.n_rows > 0)
        run_whole(state, &state->teams[0], &pass);
    return TACIT_OK;
}

enum tacit_status lm_prefill(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                             size_t n_tokens, float *logits)
{
    struct lm_pass pass;
    if (stream >= state->n_streams)
        return TACIT_ERR_ARGUMENT;
    for (size_t i = 0; i < n_tokens; i++)
        if (tokens[i] >= state->model->shape.n_vocab)
            return TACIT_ERR_ARGUMENT;
    for (size_t i = 0; i < n_tokens; i += pass.n_rows) {
        pass.n_rows = 0;
        pass.logits = logits ? logits + i * lm_logit_stride(state->model) : NULL;
        for (size_t j = i; j < n_tokens && pass.n_rows < LM_BATCH; j++)
            add_row(state, &pass, stream, tokens[j], (uint32_t)(j - i));
        run_whole(state, &state->teams[0], &pass);
    }
    return TACIT_OK;
}

enum tacit_status lm_feed_begin(struct lm_state *state, uint32_t team_index,
                                const struct lm_input *inputs, size_t n_inputs, float *logits)
{
    if (team_index >= state->n_teams || n_inputs > state->n_rows_max)
        return TACIT_ERR_ARGUMENT;
    for (size_t i = 0; i < n_inputs; i++)
        if (inputs[i].stream >= state->n_streams || inputs[i].token >= state->model->shape.n_vocab)
            return TACIT_ERR_ARGUMENT;
    struct lm_team *team = &state->teams[team_index];
    team->n_steps = 0;
    team->pass.n_rows = 0;
    team->pass.logits = logits;
    for (size_t i = 0; i < n_inputs; i++)
        add_row(state, &team->pass, inputs[i].stream, inputs[i].token, inputs[i].logits_row);
    return TACIT_OK;
}

bool lm_feed_on(struct lm_state *state, uint32_t team_index)
{
    struct lm_team *team = &state->teams[team_index];
    uint32_t begin = team->n_steps, end = lm_forward_steps(state, &team->pass);
    team->n_steps = crew_size(team->crew) == 1 ? begin + 1 : end;
    if (team->pass.n_rows > 0)
        lm_forward(state, team, &team->pass, begin, team->n_steps);
    return team->pass.n_rows > 0 && team->n_steps < end;
}

enum tacit_status lm_feed(struct lm_state *state, uint32_t team, const struct lm_input *inputs,
                          size_t n_inputs, float *logits)
{
    TRY(lm_feed_begin(state, team, inputs, n_inputs, logits));
    while (lm_feed_on(state, team))
        ;
    return TACIT_OK;
}

/* Restores the slots that positions [left, n_seen) of one head overwrote. */
static void take_back(const struct lm_past *past, const struct lm_span *span, uint64_t left,
                      uint64_t n_seen)
{
    for (uint64_t position = n_seen; position > left && position > span->n_kept; position--)
        kv_cache_copy(&past->cache, lm_slot(span, position - 1), &past->undone,
                      (position - 1) % LM_UNDONE);
    for (size_t i = 0; left <= span->n_kept && n_seen > span->n_kept && i < span->n_sinks; i++)
        kv_cache_copy(&past->cache, i, &past->undone, LM_UNDONE + i);
}

enum tacit_status lm_take_back(struct lm_state *state, uint32_t stream, uint32_t n_tokens)
{
    uint32_t *before = state->before[stream];
    uint64_t n_seen = state->n_seen[stream];
    if (n_tokens > state->n_back || n_tokens > n_seen)
        return TACIT_ERR_ARGUMENT;
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++)
        for (uint32_t head = 0; head < state->model->shape.n_kv_heads; head++) {
            struct lm_past past = lm_past_of(state, layer, stream, head);
            take_back(&past, &state->spans[layer], n_seen - n_tokens, n_seen);
        }
    state->n_seen[stream] = n_seen - n_tokens;
    memmove(before, before + n_tokens, (2 + LM_BACK_MAX - n_tokens) * sizeof *before);
    return TACIT_OK;
}

bool lm_has_all(const struct lm_state *state, uint64_t n_tokens)
{
    const struct lm_shape *shape = &state->model->shape;
    for (uint32_t layer = 0; layer < shape->n_layers; layer++) {
        const struct lm_span *span = &state->spans[layer];
        for (uint32_t head = 0; head < shape->n_kv_heads; head++)
            if (n_tokens > lm_looked_at(span, head) || span->heads[head].kind != KV_INT8)
                return false;
    }
    return true;
}

enum tacit_status lm_keep_first(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                                size_t n)
{
    if (n > state->n_seen[stream] || !lm_has_all(state, state->n_seen[stream]))
        return TACIT_ERR_ARGUMENT;
    lm_reset_stream(state, stream);
    state->n_seen[stream] = n;
    for (size_t i = 0; i < 2 + LM_BACK_MAX && i < n; i++)
        state->before[stream][i] = tokens[n - 1 - i];
    return TACIT_OK;
}

void lm_state_observe(struct lm_state *state, lm_observe_fn *observe, void *context)
{
    state->observe = observe;
    state->observer = context;
}

void lm_state_watch(struct lm_state *state, lm_watch_fn *watch, void *context)
{
    state->watch = watch;
    state->watcher = context;
}

void lm_reset_stream(struct lm_state *state, uint32_t stream)
{
    state->n_seen[stream] = 0;
    for (size_t i = 0; i < 2 + LM_BACK_MAX; i++)
        state->before[stream][i] = state->model->shape.n_vocab - 1;
}

uint64_t lm_stream_position(const struct lm_state *state, uint32_t stream)
{
    return state->n_seen[stream];
}
