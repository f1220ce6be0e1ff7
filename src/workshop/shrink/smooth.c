/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/smooth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"

#define FACTOR_MOST 64.0f

/* Of one layer: what rows and columns of its matrices are multiplied by. */
struct factors {
    float *qkv;     /* [lm_qkv_rows] */
    float *up;      /* [lm_up_rows] */
    float *attn_in; /* [width]: columns of LM_QKV */
    float *ffn_in;  /* [width]: columns of LM_UP */
    float *out;     /* [lm_head_columns]: columns of LM_OUT */
    float *down;    /* [n_hidden]: columns of LM_DOWN */
};

struct smoother {
    const struct lm_model *model;
    const struct calibration *calibration;
    float *memory;
    struct factors *layers;
    float *square; /* [widest] */
};

static float bounded(float factor)
{
    return fminf(fmaxf(factor, 1 / FACTOR_MOST), FACTOR_MOST);
}

/* The fourth root of each mean square, against their geometric mean; 1 where an input was always 0. */
static void make_even(float *factor, const float *square, size_t n)
{
    float sum = 0;
    size_t n_used = 0;
    for (size_t i = 0; i < n; i++)
        if (square[i] > 0) {
            sum += logf(square[i]);
            n_used++;
        }
    float mean = n_used ? sum / (float)n_used : 0;
    for (size_t i = 0; i < n; i++)
        factor[i] = square[i] > 0 ? bounded(expf(0.25f * (logf(square[i]) - mean))) : 1;
}

static const float *products_of(const struct smoother *s, enum lm_tensor_id id, uint32_t layer)
{
    return s->calibration->products[lm_tensor_index(id, layer)];
}

static void diagonal(float *square, const float *products, size_t n)
{
    for (size_t i = 0; i < n; i++)
        square[i] = products[i * n + i];
}

/* A number of a head of values is an input of LM_OUT once for each of its queries' heads. */
static void smooth_values(const struct smoother *s, struct factors *f, uint32_t layer)
{
    const struct lm_shape *shape = &s->model->shape;
    size_t n = shape->n_heads / shape->n_kv_heads, dim = shape->head_dim;
    float *values = f->qkv + ((size_t)shape->n_heads + shape->n_kv_heads) * dim;
    diagonal(s->square, products_of(s, LM_OUT, layer), lm_head_columns(shape));
    for (size_t head = 0; head < shape->n_kv_heads; head++) {
        float *square = s->square + head * n * dim, *out = f->out + head * n * dim;
        for (size_t query = 1; query < n; query++)
            for (size_t i = 0; i < dim; i++)
                square[i] += square[query * dim + i];
        make_even(out, square, dim);
        for (size_t query = 1; query < n; query++)
            memcpy(out + query * dim, out, dim * sizeof *out);
        for (size_t i = 0; i < dim; i++)
            values[head * dim + i] = 1 / out[i];
    }
}

/* What the hidden layer computes is linear in its up rows where it has a gate, and without one goes with their square in
 * relu^2. */
static void smooth_hidden(const struct smoother *s, struct factors *f, uint32_t layer)
{
    const struct lm_shape *shape = &s->model->shape;
    size_t n = shape->n_hidden, n_gates = lm_up_rows(shape) - n;
    bool squares = shape->activation == LM_ACT_RELU2;
    if (n_gates == 0 && !squares)
        return;
    diagonal(s->square, products_of(s, LM_DOWN, layer), n);
    make_even(f->down, s->square, n);
    for (size_t i = 0; i < n; i++)
        f->up[n_gates + i] = 1 / (squares ? sqrtf(f->down[i]) : f->down[i]);
}

static void smooth_layer(const struct smoother *s, uint32_t layer)
{
    const struct lm_shape *shape = &s->model->shape;
    struct factors *f = &s->layers[layer];
    smooth_values(s, f, layer);
    smooth_hidden(s, f, layer);
    if (shape->flags & LM_NO_PRE_NORMS)
        return;
    diagonal(s->square, products_of(s, LM_QKV, layer), shape->width);
    make_even(f->attn_in, s->square, shape->width);
    diagonal(s->square, products_of(s, LM_UP, layer), shape->width);
    make_even(f->ffn_in, s->square, shape->width);
}

/* Factors of rows, of a vector's numbers, or NULL; *inverse: they divide. */
static const float *factors_of_rows(const struct factors *f, enum lm_tensor_id id, bool *inverse)
{
    *inverse = false;
    switch (id) {
    case LM_QKV:
    case LM_QKV_B:
        return f->qkv;
    case LM_UP:
    case LM_UP_B:
        return f->up;
    case LM_ATTN_NORM:
    case LM_ATTN_NORM_BIAS:
        *inverse = true;
        return f->attn_in;
    case LM_FFN_NORM:
    case LM_FFN_NORM_BIAS:
        *inverse = true;
        return f->ffn_in;
    default:
        return NULL;
    }
}

static const float *factors_of_columns(const struct factors *f, enum lm_tensor_id id)
{
    switch (id) {
    case LM_QKV:
        return f->attn_in;
    case LM_UP:
        return f->ffn_in;
    case LM_OUT:
        return f->out;
    case LM_DOWN:
        return f->down;
    default:
        return NULL;
    }
}

static void scale_matrix_row(const struct factors *f, enum lm_tensor_id id, size_t row, float *x,
                             size_t n)
{
    bool inverse;
    const float *rows = factors_of_rows(f, id, &inverse), *columns = factors_of_columns(f, id);
    for (size_t i = 0; i < n; i++)
        x[i] *= (rows ? rows[row] : 1) * (columns ? columns[i] : 1);
}

static void scale_vector(const struct factors *f, enum lm_tensor_id id, float *x, size_t n)
{
    bool inverse;
    const float *factor = factors_of_rows(f, id, &inverse);
    for (size_t i = 0; factor && i < n; i++)
        x[i] = inverse ? x[i] / factor[i] : x[i] * factor[i];
}

/* An lm_row_fn. */
static enum tacit_status give_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    const struct smoother *s = context;
    bool in_layer = id < LM_N_LAYER_TENSORS;
    const struct tensor *t =
        in_layer ? &s->model->layers[layer].tensors[id] : &s->model->tensors[id];
    if (t->n_rows == 0)
        memcpy(dst, t->values, t->n_columns * sizeof *dst);
    else
        tensor_row(t, row, dst);
    if (in_layer && t->n_rows > 0)
        scale_matrix_row(&s->layers[layer], id, row, dst, t->n_columns);
    else if (in_layer)
        scale_vector(&s->layers[layer], id, dst, t->n_columns);
    return TACIT_OK;
}

static float *take(float **at, size_t n)
{
    float *taken = *at;
    *at += n;
    return taken;
}

/* All factors are 1 at first. */
static enum tacit_status take_memory(struct smoother *s)
{
    const struct lm_shape *shape = &s->model->shape;
    size_t n_layers = shape->n_layers, qkv = lm_qkv_rows(shape), up = lm_up_rows(shape);
    size_t wide = lm_shape_widest(shape), head = lm_head_columns(shape);
    size_t n = qkv + up + 2 * (size_t)shape->width + head + shape->n_hidden;
    s->memory = malloc((n_layers * n + wide) * sizeof *s->memory);
    s->layers = malloc(n_layers * sizeof *s->layers);
    if (!s->memory || !s->layers)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n_layers * n; i++)
        s->memory[i] = 1;
    float *at = s->memory;
    for (size_t i = 0; i < n_layers; i++)
        s->layers[i] =
            (struct factors){take(&at, qkv),          take(&at, up),   take(&at, shape->width),
                             take(&at, shape->width), take(&at, head), take(&at, shape->n_hidden)};
    s->square = take(&at, wide);
    return TACIT_OK;
}

enum tacit_status smooth_model(struct lm_model **made, const struct lm_model *model,
                               const struct calibration *calibration)
{
    struct smoother s = {.model = model, .calibration = calibration};
    *made = NULL;
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++)
        if (lm_tensor_at(model, i)->kind != TENSOR_INT8)
            return TACIT_ERR_ARGUMENT;
    enum tacit_status status = take_memory(&s);
    for (uint32_t i = 0; status == TACIT_OK && i < model->shape.n_layers; i++)
        smooth_layer(&s, i);
    if (status == TACIT_OK)
        status = lm_model_build(made, &model->shape, give_row, &s);
    free(s.memory);
    free(s.layers);
    return status;
}
