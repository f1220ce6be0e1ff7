/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/inspect/silenced.h"
#include "workshop/net/memory.h"

struct chooser {
    const struct heads_job *job;
    uint32_t n;       /* heads of a layer that can go */
    size_t n_columns; /* of LM_OUT, for each of them */
    bool *gone;       /* [n_layers][n] */
    double *scores;   /* [n] */
    struct lm_model
        view; /* of `bits`: the model with LM_OUT of its own, zero where heads are gone */
    struct lm_layer *layers; /* of the view */
    uint8_t *memory;         /* of its LM_OUT, and of row */
    float *row;              /* of LM_OUT */
    struct prune_texts texts;
};

static const struct tensor *out_of(const struct chooser *c, uint32_t layer)
{
    return &c->job->model->layers[layer].tensors[LM_OUT];
}

static void score_by_weights(struct chooser *c, uint32_t layer)
{
    const struct tensor *out = out_of(c, layer);
    const float *products = c->job->prune->by == TACIT_PRUNE_BY_WANDA
                                ? c->job->calibration->products[lm_tensor_index(LM_OUT, layer)]
                                : NULL;
    for (uint32_t i = 0; i < c->n; i++)
        c->scores[i] = 0;
    for (size_t r = 0; r < out->n_rows; r++) {
        tensor_row(out, r, c->row);
        for (size_t i = 0; i < out->n_columns; i++) {
            double square = (double)c->row[i] * (double)c->row[i];
            c->scores[i / c->n_columns] +=
                products ? square * (double)products[i * out->n_columns + i] : square;
        }
    }
}

/* Writes the view's LM_OUT, without the heads that are gone and without `head`. */
static void write_without(struct chooser *c, uint32_t layer, uint32_t head)
{
    struct tensor *to = &c->layers[layer].tensors[LM_OUT];
    size_t n_groups = c->n_columns / LM_GROUP;
    tensor_copy(to, out_of(c, layer));
    for (uint32_t i = 0; i < c->n; i++)
        if (i == head || c->gone[layer * c->n + i])
            silenced_clear_columns(to, i * n_groups, (i + 1) * n_groups);
}

static enum tacit_status score_by_bits(struct chooser *c, uint32_t layer)
{
    const struct tacit_train_sink *sink = c->job->sink;
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->gone[layer * c->n + i])
            continue;
        if (sink->stop && sink->stop(sink->context))
            return TACIT_ERR_CANCELLED;
        write_without(c, layer, i);
        TRY(prune_texts_cost(&c->scores[i], &c->texts, &c->view));
    }
    return TACIT_OK;
}

/* The head of the least score goes, of equal ones the first. */
static uint32_t drop_least(struct chooser *c, uint32_t layer)
{
    uint32_t best = c->n;
    for (uint32_t i = 0; i < c->n; i++)
        if (!c->gone[layer * c->n + i] && (best == c->n || c->scores[i] < c->scores[best]))
            best = i;
    c->gone[layer * c->n + best] = true;
    return best;
}

static void drop_by_weights(struct chooser *c)
{
    for (uint32_t layer = 0; layer < c->job->model->shape.n_layers; layer++) {
        score_by_weights(c, layer);
        for (uint32_t n = c->n; n > c->job->n_kept; n--)
            drop_least(c, layer);
    }
}

static enum tacit_status drop_by_bits(struct chooser *c)
{
    double cost;
    TRY(prune_texts_cost(&cost, &c->texts, &c->view));
    say(c->job->sink, "%.4f bits a token with all heads", cost);
    for (uint32_t n = c->n; n > c->job->n_kept; n--)
        for (uint32_t layer = 0; layer < c->job->model->shape.n_layers; layer++) {
            TRY(score_by_bits(c, layer));
            uint32_t head = drop_least(c, layer);
            write_without(c, layer, head);
            say(c->job->sink, "layer %u, head %u goes: %.4f bits a token without it",
                (unsigned)layer, (unsigned)head, c->scores[head]);
        }
    return TACIT_OK;
}

/* Without memory the arena only counts. */
static void lay_out(struct chooser *c, struct arena *arena)
{
    const struct lm_shape *s = &c->job->model->shape;
    size_t n_columns = lm_head_columns(s);
    c->row = arena_take(arena, n_columns * sizeof *c->row);
    c->scores = arena_take(arena, c->n * sizeof *c->scores);
    c->gone = arena_take(arena, (size_t)s->n_layers * c->n * sizeof *c->gone);
    for (uint32_t i = 0; i < s->n_layers && c->job->prune->by == TACIT_PRUNE_BY_BITS; i++)
        tensor_lay_out(&c->layers[i].tensors[LM_OUT], out_of(c, i)->kind, s->width, n_columns,
                       arena);
}

static enum tacit_status open_chooser(struct chooser *c)
{
    const struct lm_model *model = c->job->model;
    struct arena sizes = {0};
    c->layers = malloc(model->shape.n_layers * sizeof *c->layers);
    if (!c->layers)
        return TACIT_ERR_MEMORY;
    memcpy(c->layers, model->layers, model->shape.n_layers * sizeof *c->layers);
    lay_out(c, &sizes);
    c->memory = memory_zeroed(sizes.used);
    if (!c->memory)
        return TACIT_ERR_MEMORY;
    lay_out(c, &(struct arena){c->memory, sizes.used, 0});
    c->view = *model;
    c->view.layers = c->layers;
    if (c->job->prune->by != TACIT_PRUNE_BY_BITS)
        return TACIT_OK;
    for (uint32_t i = 0; i < model->shape.n_layers; i++)
        write_without(c, i, c->n);
    return prune_texts_open(&c->texts, model, c->job->tokenizer, c->job->prune);
}

static void write_kept(uint32_t *kept, const struct chooser *c)
{
    for (uint32_t layer = 0; layer < c->job->model->shape.n_layers; layer++)
        for (uint32_t i = 0; i < c->n; i++)
            if (!c->gone[layer * c->n + i])
                *kept++ = i;
}

enum tacit_status heads_choose(uint32_t *kept, const struct heads_job *job)
{
    struct chooser c = {.job = job, .n = heads_that_go(&job->model->shape)};
    c.n_columns = lm_head_columns(&job->model->shape) / c.n;
    enum tacit_status status = open_chooser(&c);
    if (status == TACIT_OK && job->prune->by == TACIT_PRUNE_BY_BITS)
        status = drop_by_bits(&c);
    else if (status == TACIT_OK)
        drop_by_weights(&c);
    if (status == TACIT_OK)
        write_kept(kept, &c);
    prune_texts_close(&c.texts);
    free(c.layers);
    free(c.memory);
    return status;
}
