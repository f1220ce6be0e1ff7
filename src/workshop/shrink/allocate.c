/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/allocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/inspect/text_cost.h"
#include "workshop/shrink/few_group.h"
#include "workshop/train/say.h"

enum {
    N_KINDS = TENSOR_NARROW7 + 1,
    SAMPLED = 32, /* rows of a matrix whose errors are computed */
    TOKENS_MAX = 1024,
};

static const enum tensor_kind MEASURED = TENSOR_NARROW3;

/* What a matrix costs: bytes, and bits a token more of the text, as one of each kind; NAN: it cannot be one. */
struct choices {
    double bytes[N_KINDS], cost[N_KINDS];
    double measured;
    bool is_measured, is_layers;
};

struct allocator {
    const struct allocation *job;
    struct text_tokens *texts; /* [n_texts] */
    size_t n_texts, n_tokens;
    float *row, *error; /* [widest] */
    struct lm_layer *layers;
    struct choices *choices; /* [n_tensors] */
    double whole;            /* bits a token of the model as it is */
};

static double bytes_as(const struct tensor *tensor, enum tensor_kind kind)
{
    struct tensor unused;
    struct arena sizes = {0};
    tensor_lay_out(&unused, kind, tensor->n_rows, tensor->n_columns, &sizes);
    return (double)sizes.used;
}

bool allocate_may_be(const struct tensor *tensor, enum tensor_kind kind)
{
    return tensor->n_rows > 0 && tensor->n_columns > 0 &&
           tensor_kind_fits(kind, tensor->n_columns) &&
           bytes_as(tensor, kind) < bytes_as(tensor, tensor->kind);
}

static void round_row(float *row, float *error, size_t n, struct few_form form)
{
    for (size_t i = 0; i < n; i += form.n) {
        struct few_group group;
        few_fit(&group, form, row + i, NULL);
        for (size_t j = 0; j < form.n; j++)
            error[i + j] = (float)group.n[j] * group.step + group.minimum - row[i + j];
    }
}

/* e H e^T; H NULL: e e^T. */
static double weigh(const float *error, const float *products, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        float line = 0;
        const float *h = products ? products + i * n : NULL;
        for (size_t j = 0; h && j < n; j++)
            line += h[j] * error[j];
        sum += (double)error[i] * (double)(h ? line : error[i]);
    }
    return sum;
}

static double error_as(struct allocator *a, size_t index, enum tensor_kind kind)
{
    const struct tensor *tensor = lm_tensor_at(a->job->model, index);
    const float *products =
        a->job->calibration->products ? a->job->calibration->products[index] : NULL;
    double sum = 0;
    size_t step = tensor->n_rows > SAMPLED ? tensor->n_rows / SAMPLED : 1;
    for (size_t row = 0; row < tensor->n_rows; row += step) {
        tensor_row(tensor, row, a->row);
        round_row(a->row, a->error, tensor->n_columns, few_form_of(kind));
        sum += weigh(a->error, products, tensor->n_columns);
    }
    return sum;
}

static enum tacit_status mean_cost(double *cost, const struct allocator *a,
                                   const struct lm_model *model)
{
    *cost = 0;
    for (size_t i = 0; i < a->n_texts; i++) {
        double bits;
        TRY(text_cost(&bits, model, &a->texts[i], 0));
        *cost += bits / (double)a->n_tokens;
    }
    return TACIT_OK;
}

/* 2 w - r for each weight w, rounded to r: as int8, whose own rounding hardly counts. */
static void mirror_matrix(struct allocator *a, struct tensor *to, const struct tensor *from,
                          const struct tensor *rounded)
{
    for (size_t row = 0; row < from->n_rows; row++) {
        tensor_row(from, row, a->row);
        tensor_row(rounded, row, a->error);
        for (size_t g = 0; g < from->n_columns / LM_GROUP; g++) {
            const float *w = a->row + g * LM_GROUP, *r = a->error + g * LM_GROUP;
            float largest = 0;
            int8_t q[LM_GROUP];
            for (size_t i = 0; i < LM_GROUP; i++)
                largest = fmaxf(largest, fabsf(2 * w[i] - r[i]));
            for (size_t i = 0; i < LM_GROUP; i++)
                q[i] = (int8_t)(largest > 0 ? rintf((2 * w[i] - r[i]) / largest * LM_Q_MAX) : 0);
            tensor_set_group(to, row, g, q, largest / LM_Q_MAX);
        }
    }
}

/* The model is seen through a view with another matrix. */
static enum tacit_status cost_with(double *cost, struct allocator *a, size_t index,
                                   const struct tensor *other)
{
    struct lm_model view = *a->job->model;
    memcpy(a->layers, view.layers, view.shape.n_layers * sizeof *a->layers);
    view.layers = a->layers;
    *lm_tensor_at(&view, index) = *other;
    return mean_cost(cost, a, &view);
}

static enum tacit_status take_matrix(struct tensor *tensor, enum tensor_kind kind,
                                     const struct tensor *like)
{
    struct arena arena = {0};
    tensor_lay_out(tensor, kind, like->n_rows, like->n_columns, &arena);
    arena = (struct arena){aligned_alloc(ARENA_ALIGN, arena.used), arena.used, 0};
    if (!arena.memory)
        return TACIT_ERR_MEMORY;
    memset(arena.memory, 0, arena.cap);
    tensor_lay_out(tensor, kind, like->n_rows, like->n_columns, &arena);
    return TACIT_OK;
}

/* What the text costs more with this one matrix rounded. On a short text the loss has a slope in each direction that has nothing
 * to do with rounding and is larger than what rounding does; so the mean of rounding one way and the other counts. */
static enum tacit_status measure(double *cost, struct allocator *a, size_t index)
{
    const struct tensor *from = lm_tensor_at(a->job->model, index);
    struct tensor rounded = {.weights = NULL}, mirrored = {.weights = NULL};
    double there = 0, back = 0;
    enum tacit_status status = take_matrix(&rounded, MEASURED, from);
    if (status == TACIT_OK)
        status = take_matrix(&mirrored, TENSOR_INT8, from);
    if (status == TACIT_OK) {
        few_round_matrix(&rounded, from, a->row);
        mirror_matrix(a, &mirrored, from, &rounded);
        status = cost_with(&there, a, index, &rounded);
    }
    if (status == TACIT_OK)
        status = cost_with(&back, a, index, &mirrored);
    free(rounded.weights);
    free(mirrored.weights);
    *cost = 0.5 * (there + back);
    return status;
}

static enum tacit_status fill_choices(struct allocator *a, size_t index, bool may_change)
{
    const struct tensor *tensor = lm_tensor_at(a->job->model, index);
    struct choices *c = &a->choices[index];
    double measured = 0, error = 0;
    *c = (struct choices){.is_layers = index >= lm_tensor_index(0, 0)};
    for (int kind = 0; kind < N_KINDS; kind++)
        c->bytes[kind] = c->cost[kind] = (double)NAN;
    c->bytes[tensor->kind] = bytes_as(tensor, tensor->kind);
    c->cost[tensor->kind] = 0;
    if (!may_change || !allocate_may_be(tensor, MEASURED))
        return TACIT_OK;
    TRY(measure(&measured, a, index));
    error = error_as(a, index, MEASURED);
    c->measured = measured - a->whole;
    c->is_measured = true;
    for (int kind = TENSOR_INT4; kind < N_KINDS; kind++)
        if (allocate_may_be(tensor, (enum tensor_kind)kind)) {
            c->bytes[kind] = bytes_as(tensor, (enum tensor_kind)kind);
            c->cost[kind] = error_as(a, index, (enum tensor_kind)kind) / error;
        }
    say(a->job->sink, "matrix %zu, %zu x %zu: %+.5f bits a token at 3 bits", index, tensor->n_rows,
        tensor->n_columns, c->measured);
    return TACIT_OK;
}

/* Turns ratios of errors into costs. A short text tells little about one matrix, so half of what a matrix costs is its own, at
 * least 0, and half the mean of the layers' matrices. */
static void scale_costs(struct allocator *a, size_t n)
{
    double mean = 0, n_layers = 0;
    for (size_t i = 0; i < n; i++)
        if (a->choices[i].is_measured && a->choices[i].is_layers) {
            mean += a->choices[i].measured;
            n_layers++;
        }
    mean = fmax(n_layers > 0 ? mean / n_layers : 0, 1e-5 * a->whole);
    for (size_t i = 0; i < n; i++)
        for (int kind = 0; kind < N_KINDS; kind++)
            a->choices[i].cost[kind] *= 0.5 * (fmax(a->choices[i].measured, 0) + mean);
}

static enum tacit_status fill_all(struct allocator *a)
{
    TRY(mean_cost(&a->whole, a, a->job->model));
    for (size_t i = 0; i < lm_n_tensors(&a->job->model->shape); i++) {
        uint32_t layer;
        enum lm_tensor_id id = lm_tensor_id_at(i, &layer);
        bool stays = a->job->keep_embeddings && (id == LM_EMBEDDING || id == LM_HEAD);
        if (a->job->sink->stop && a->job->sink->stop(a->job->sink->context))
            return TACIT_ERR_CANCELLED;
        TRY(fill_choices(a, i, !stays));
    }
    scale_costs(a, lm_n_tensors(&a->job->model->shape));
    return TACIT_OK;
}

/* The change of one matrix's kind that saves most bits a byte, of those that `left` bytes allow. False: none saves. */
static bool find_change(const struct allocator *a, const uint8_t *kinds, double left, size_t *index,
                        uint8_t *kind)
{
    double best = 0;
    for (size_t i = 0; i < lm_n_tensors(&a->job->model->shape); i++) {
        const struct choices *c = &a->choices[i];
        for (int k = 0; k < N_KINDS; k++) {
            double more = c->bytes[k] - c->bytes[kinds[i]], saved = c->cost[kinds[i]] - c->cost[k];
            if (more > 0 && more <= left && saved / more > best) {
                best = saved / more;
                *index = i;
                *kind = (uint8_t)k;
            }
        }
    }
    return best > 0;
}

static enum tacit_status spend(const struct allocator *a, uint8_t *kinds)
{
    double left = (double)a->job->n_bytes, cost = 0;
    size_t n = lm_n_tensors(&a->job->model->shape), index = 0;
    uint8_t kind = 0;
    for (size_t i = 0; i < n; i++) {
        const struct choices *c = &a->choices[i];
        kinds[i] = (uint8_t)lm_tensor_at(a->job->model, i)->kind;
        for (int k = 0; k < N_KINDS; k++)
            if (c->bytes[k] < c->bytes[kinds[i]])
                kinds[i] = (uint8_t)k;
        left -= c->bytes[kinds[i]];
    }
    if (left < 0)
        return TACIT_ERR_RANGE;
    while (find_change(a, kinds, left, &index, &kind)) {
        left -= a->choices[index].bytes[kind] - a->choices[index].bytes[kinds[index]];
        kinds[index] = kind;
    }
    for (size_t i = 0; i < n; i++)
        cost += a->choices[i].cost[kinds[i]];
    say(a->job->sink, "%.4f bits a token expected, %.4f of them more than before", a->whole + cost,
        cost);
    return TACIT_OK;
}

static enum tacit_status read_texts(struct allocator *a)
{
    for (; a->n_texts < a->job->n_texts; a->n_texts++)
        TRY(text_tokens_read(&a->texts[a->n_texts], a->job->model, a->job->tokenizer,
                             a->job->texts[a->n_texts], UINT64_MAX));
    a->n_tokens = text_tokens_share(a->texts, a->n_texts, TOKENS_MAX);
    return a->n_tokens < TEXT_WINDOW ? TACIT_ERR_CONTENT_LIMIT : TACIT_OK;
}

static enum tacit_status take_memory(struct allocator *a)
{
    const struct lm_shape *shape = &a->job->model->shape;
    size_t widest = lm_shape_widest(shape);
    a->texts = calloc(a->job->n_texts + 1, sizeof *a->texts);
    a->row = malloc(widest * sizeof *a->row);
    a->error = malloc(widest * sizeof *a->error);
    a->layers = malloc(shape->n_layers * sizeof *a->layers);
    a->choices = calloc(lm_n_tensors(shape), sizeof *a->choices);
    return a->texts && a->row && a->error && a->layers && a->choices ? TACIT_OK : TACIT_ERR_MEMORY;
}

enum tacit_status allocate_bits(uint8_t *kinds, const struct allocation *allocation)
{
    struct allocator a = {.job = allocation};
    enum tacit_status status = take_memory(&a);
    if (status == TACIT_OK)
        status = read_texts(&a);
    if (status == TACIT_OK)
        status = fill_all(&a);
    if (status == TACIT_OK)
        status = spend(&a, kinds);
    for (size_t i = 0; i < a.n_texts; i++)
        text_tokens_close(&a.texts[i]);
    free(a.texts);
    free(a.row);
    free(a.error);
    free(a.layers);
    free(a.choices);
    return status;
}
