/* SPDX-License-Identifier: Apache-2.0
 *
 * The pass of a few rows through all layers. Every member of the crew runs it: norms are divided by
 * rows, attention by heads, products by rows of weights, with a barrier between any two steps that
 * are divided differently.
 */
#include "engine/lm_ops.h"
#include "engine/lm_rows.h"
#include "engine/lm_state.h"

#include <string.h>

/* Blocks of weights that stay in a cache from one product to the next. */
enum { CACHED_BLOCKS = 16 };

/* Of the logits. With a small vocabulary they take as long as some layers. */
enum { LOGIT_STEPS = 4 };

/* y = part x, or y += part x; y: the outputs of the part's first row. What wide inputs have left is added last. */
static void multiply(const struct kernels *kernels, float *y, size_t y_stride,
                     struct tensor_part part, const struct lm_inputs *x, size_t n_rows, bool add)
{
    size_t at_once = x->rest.n_groups ? CACHED_BLOCKS : part.end - part.begin;
    for (struct tensor_part next = part; next.begin < part.end; next.begin = next.end) {
        next.end = part.end - next.begin < at_once ? part.end : next.begin + at_once;
        float *out = y + (next.begin - part.begin) * LM_TILE_ROWS;
        tensor_product(kernels, out, y_stride, next, &x->rows, n_rows, add);
        if (x->rest.n_groups)
            tensor_product(kernels, out, y_stride, next, &x->rest, n_rows, true);
    }
}

/* Rows [16 begin, 16 end) of a matrix times the quantised rows. */
static void product(const struct lm_share *c, float *y, size_t y_stride, const struct tensor *w,
                    const struct lm_inputs *x, size_t begin, size_t end, bool add)
{
    const struct lm_state *state = c->state;
    struct tensor_part part = {w, begin, end};
    if (state->observe && begin == 0 && end > 0)
        state->observe(state->observer, w, &x->rows, c->pass->n_rows);
    multiply(&state->kernels, y + begin * LM_TILE_ROWS, y_stride, part, x, c->pass->n_rows, add);
}

static void add_bias(const struct lm_share *c, float *y, size_t y_stride, const struct tensor *bias,
                     size_t begin, size_t end)
{
    for (size_t i = 0; bias->n_columns && i < c->pass->n_rows; i++)
        lm_add(y + i * y_stride + begin, bias->values + begin, end - begin);
}

/* The member's blocks of y = w x (+ bias), or of y += w x (+ bias). */
static void linear(const struct lm_share *c, float *y, size_t y_stride, const struct tensor *w,
                   const struct tensor *bias, const struct lm_inputs *x, bool add)
{
    size_t begin, end;
    lm_my_part(c, tensor_blocks(w), &begin, &end);
    product(c, y, y_stride, w, x, begin, end, add);
    add_bias(c, y, y_stride, bias, begin * LM_TILE_ROWS, end * LM_TILE_ROWS);
    crew_barrier(c->team->crew);
}

/* Norms rows and quantises them as the inputs of products; without a gain, rows are not normed. */
static void norm_rows(const struct lm_share *c, struct lm_inputs *to, const struct tensor *gain,
                      const struct tensor *bias)
{
    const struct lm_state *state = c->state;
    size_t width = state->model->shape.width, begin, end;
    lm_my_part(c, c->pass->n_rows, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        float *x = c->team->x + i * width, *y = c->team->norm + i * width;
        if (gain->n_columns)
            lm_norm(&state->kernels, &state->model->shape, y, x, gain, bias);
        lm_inputs_quantize(to, &state->kernels, i, gain->n_columns ? y : x);
    }
    crew_barrier(c->team->crew);
}

/* x += y, or norm(y) where the model has a gain for that; y = w in (+ bias). */
static void add_linear(const struct lm_share *c, const struct tensor *w, const struct tensor *bias,
                       const struct lm_inputs *in, const struct tensor *gain)
{
    const struct lm_state *state = c->state;
    const struct tensor none = {0};
    size_t width = state->model->shape.width, begin, end;
    if (gain->n_columns == 0) {
        linear(c, c->team->x, width, w, bias, in, true);
        return;
    }
    linear(c, c->team->norm, width, w, bias, in, false);
    lm_my_part(c, c->pass->n_rows, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        float *y = c->team->norm + i * width;
        lm_norm(&state->kernels, &state->model->shape, y, y, gain, &none);
        lm_add(c->team->x + i * width, y, width);
    }
    crew_barrier(c->team->crew);
}

/* The queries of all heads together, and the keys. */
static void norm_queries_and_keys(const struct lm_share *c, const struct lm_layer *layer)
{
    const struct lm_state *state = c->state;
    const struct tensor *q = &layer->tensors[LM_Q_NORM], *k = &layer->tensors[LM_K_NORM];
    float epsilon = state->model->shape.norm_epsilon;
    size_t begin, end;
    lm_my_part(c, c->pass->n_rows, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        float *query = c->team->wide + i * state->wide_stride, *key = query + q->n_columns;
        state->kernels.lm_rms_norm(query, query, q->values, q->n_columns, epsilon);
        state->kernels.lm_rms_norm(key, key, k->values, k->n_columns, epsilon);
    }
    crew_barrier(c->team->crew);
}

/* The member's units of 64 hidden values, from the products to the quantised activations. */
static void make_hidden(const struct lm_share *c, const struct lm_layer *layer)
{
    const struct lm_state *state = c->state;
    const struct lm_shape *s = &state->model->shape;
    const struct tensor *up = &layer->tensors[LM_UP], *bias = &layer->tensors[LM_UP_B];
    size_t begin, end, blocks = LM_GROUP / LM_TILE_ROWS, n = s->n_hidden / LM_GROUP;
    lm_my_part(c, n, &begin, &end);
    for (size_t part = 0; part * s->n_hidden < up->n_rows; part++) {
        size_t from = begin + part * n, to = end + part * n;
        product(c, c->team->wide, state->wide_stride, up, &c->team->in, from * blocks, to * blocks,
                false);
        add_bias(c, c->team->wide, state->wide_stride, bias, from * LM_GROUP, to * LM_GROUP);
    }
    for (size_t i = 0; i < c->pass->n_rows; i++) {
        float *y = c->team->wide + i * state->wide_stride + begin * LM_GROUP;
        lm_activate(&state->kernels, (enum lm_activation)s->activation, y, y, y + s->n_hidden,
                    (end - begin) * LM_GROUP);
        lm_inputs_quantize_part(&c->team->hidden, &state->kernels, i, begin, end - begin, y);
    }
    crew_barrier(c->team->crew);
}

/* x = mix_x x + mix_x0 (the embedded input) */
static void mix_embedded(const struct lm_share *c, const struct lm_layer *layer)
{
    const struct lm_state *state = c->state;
    size_t width = state->model->shape.width, begin, end;
    lm_my_part(c, c->pass->n_rows, &begin, &end);
    for (size_t i = begin; i < end; i++)
        lm_mix(c->team->x + i * width, layer->tensors[LM_MIX_X].values,
               c->team->embedded + i * width, layer->tensors[LM_MIX_X0].values, width);
}

static void run_layer(const struct lm_share *c, uint32_t index)
{
    const struct lm_state *state = c->state;
    const struct lm_layer *layer = &state->model->layers[index];
    const struct tensor *t = layer->tensors;
    uint32_t flags = state->model->shape.flags;
    if (flags & LM_WITH_MIX)
        mix_embedded(c, layer);
    norm_rows(c, &c->team->in, &t[LM_ATTN_NORM], &t[LM_ATTN_NORM_BIAS]);
    linear(c, c->team->wide, state->wide_stride, &t[LM_QKV], &t[LM_QKV_B], &c->team->in, false);
    if (flags & LM_QK_NORM_ALL)
        norm_queries_and_keys(c, layer);
    lm_attention(c, index);
    crew_barrier(c->team->crew);
    add_linear(c, &t[LM_OUT], &t[LM_OUT_B], &c->team->attended, &t[LM_POST_ATTN_NORM]);
    norm_rows(c, &c->team->in, &t[LM_FFN_NORM], &t[LM_FFN_NORM_BIAS]);
    make_hidden(c, layer);
    add_linear(c, &t[LM_DOWN], &t[LM_DOWN_B], &c->team->hidden, &t[LM_POST_FFN_NORM]);
}

/* Angles of the row's position, and of the sinks as seen from that position, once the window has
 * left them behind. */
static void make_angles(const struct lm_share *c, size_t row, uint64_t position)
{
    const struct lm_state *state = c->state;
    size_t n = state->rope.n_pairs, at = row * (1 + LM_SINK_TOKENS) * n;
    rope_angles(&state->rope, position, c->team->cosine + at, c->team->sine + at);
    for (size_t i = 0; position >= state->n_context && i < LM_SINK_TOKENS; i++) {
        at += n;
        rope_angles(&state->rope, position + 1 + i - state->n_context, c->team->cosine + at,
                    c->team->sine + at);
    }
    if (state->model->shape.local_rope_base != 0.0f)
        rope_angles(&state->local_rope, position, c->team->local_cosine + row * n,
                    c->team->local_sine + row * n);
}

/* The rows of the two tables side by side, quantised. */
static void look_up_hashes(const struct lm_share *c, size_t i, const struct lm_row *row)
{
    const struct lm_state *state = c->state;
    const struct lm_model *model = state->model;
    float *wide = c->team->wide + i * state->wide_stride;
    uint32_t n_rows = model->shape.n_hash_rows;
    tensor_row(&model->tensors[LM_BIGRAM], lm_hash_row(row->token, row->before, false, n_rows),
               wide);
    tensor_row(&model->tensors[LM_TRIGRAM], lm_hash_row(row->token, row->before, true, n_rows),
               wide + model->shape.hash_size);
    lm_inputs_quantize(&c->team->hashes, &state->kernels, i, wide);
}

static void embed_row(const struct lm_share *c, size_t i, const struct lm_row *row)
{
    const struct lm_model *model = c->state->model;
    const struct tensor *positions = &model->tensors[LM_POSITION];
    size_t width = model->shape.width;
    float *x = c->team->x + i * width, *other = c->team->norm + i * width;
    tensor_row(&model->tensors[LM_EMBEDDING], row->token, x);
    if (model->shape.embed_gain != 0.0f)
        lm_scale(x, model->shape.embed_gain, width);
    if (positions->n_columns) {
        size_t last = positions->n_rows - 1;
        tensor_row(positions, row->position < last ? (size_t)row->position : last, other);
        lm_add(x, other, width);
    }
    if ((model->shape.flags & LM_WITH_SMEAR) && row->position > 0) {
        tensor_row(&model->tensors[LM_EMBEDDING], row->before[0], other);
        for (size_t j = 0; j < width; j++)
            x[j] += model->tensors[LM_SMEAR].values[j] * other[j];
    }
    if (model->shape.flags & LM_WITH_HASHES)
        look_up_hashes(c, i, row);
    make_angles(c, i, row->position);
}

static void embed_rows(const struct lm_share *c)
{
    const struct lm_state *state = c->state;
    const struct lm_model *model = state->model;
    const struct tensor *norm = &model->tensors[LM_EMBED_NORM], none = {0};
    size_t width = model->shape.width, begin, end;
    lm_my_part(c, c->pass->n_rows, &begin, &end);
    for (size_t i = begin; i < end; i++)
        embed_row(c, i, &c->pass->rows[i]);
    crew_barrier(c->team->crew);
    if (model->shape.flags & LM_WITH_HASHES)
        linear(c, c->team->x, width, &model->tensors[LM_HASH_PROJECTION], &none, &c->team->hashes,
               true);
    for (size_t i = begin; i < end; i++) {
        float *x = c->team->x + i * width;
        if (norm->n_columns)
            lm_norm(&state->kernels, &model->shape, x, x, norm, &none);
        if (model->shape.flags & LM_WITH_MIX)
            memcpy(c->team->embedded + i * width, x, width * sizeof *x);
    }
    crew_barrier(c->team->crew);
}

/* How many rows from row i on go to rows of logits that are a distance apart, as those of one stream are and those of the
 * same token of each stream. */
static size_t rows_apart(const struct lm_pass *pass, size_t i, size_t *distance)
{
    size_t n = 1;
    *distance = 1;
    for (; i + n < pass->n_rows; n++) {
        const struct lm_row *row = &pass->rows[i + n];
        if (row->logits_row <= row[-1].logits_row)
            break;
        if (n == 1)
            *distance = row->logits_row - row[-1].logits_row;
        if (row->logits_row - row[-1].logits_row != *distance)
            break;
    }
    return n;
}

/* Computes blocks [begin, end) of the logits into the caller's rows, those that are a distance apart in one product. */
static void make_logits_part(const struct lm_share *c, const struct tensor *head, size_t begin,
                             size_t end)
{
    const struct lm_state *state = c->state;
    const struct lm_pass *pass = c->pass;
    const struct lm_model *model = state->model;
    size_t n_mine = (end - begin) * LM_TILE_ROWS, stride;
    for (size_t i = 0, n; i < pass->n_rows; i += n) {
        n = rows_apart(pass, i, &stride);
        stride *= lm_logit_stride(model);
        float *y =
            pass->logits + pass->rows[i].logits_row * lm_logit_stride(model) + begin * LM_TILE_ROWS;
        struct lm_inputs x = lm_inputs_from(&c->team->last, i);
        multiply(&state->kernels, y, stride, (struct tensor_part){head, begin, end}, &x, n, false);
        for (size_t j = 0; j < n; j++)
            lm_finish_logits(&state->kernels, &model->shape, y + j * stride, begin * LM_TILE_ROWS,
                             n_mine);
    }
}

/* Computes one of LOGIT_STEPS shares of the logits, in parts that stay in a cache while they serve rows that are not
 * consecutive. */
static void make_logits(const struct lm_share *c, uint32_t step)
{
    const struct lm_model *model = c->state->model;
    const struct tensor *head = c->state->head;
    size_t begin, end;
    if (step == 0)
        norm_rows(c, &c->team->last, &model->tensors[LM_FINAL_NORM],
                  &model->tensors[LM_FINAL_NORM_BIAS]);
    lm_my_part(c, tensor_blocks(head), &begin, &end);
    size_t n = end - begin;
    end = begin + n * (step + 1) / LOGIT_STEPS;
    begin += n * step / LOGIT_STEPS;
    for (size_t next; begin < end; begin = next) {
        next = end - begin < CACHED_BLOCKS ? end : begin + CACHED_BLOCKS;
        make_logits_part(c, head, begin, next);
    }
}

struct forward {
    const struct lm_state *state;
    struct lm_team *team;
    const struct lm_pass *pass;
    uint32_t begin, end; /* steps */
};

static void run_step(const struct lm_share *c, uint32_t step)
{
    uint32_t n_layers = c->state->model->shape.n_layers;
    if (step == 0)
        embed_rows(c);
    else if (step <= n_layers)
        run_layer(c, step - 1);
    else
        make_logits(c, step - 1 - n_layers);
}

static void forward_job(void *context, struct crew *crew, unsigned member)
{
    const struct forward *job = context;
    struct lm_share c = {job->state, job->team, job->pass, member};
    (void)crew; /* the team's */
    for (uint32_t step = job->begin; step < job->end; step++)
        run_step(&c, step);
}

uint32_t lm_forward_steps(const struct lm_state *state, const struct lm_pass *pass)
{
    return 1 + state->model->shape.n_layers + (pass->logits ? LOGIT_STEPS : 0);
}

void lm_forward(const struct lm_state *state, struct lm_team *team, const struct lm_pass *pass,
                uint32_t begin, uint32_t end)
{
    struct forward job = {state, team, pass, begin, end};
    crew_run(team->crew, forward_job, &job);
}
