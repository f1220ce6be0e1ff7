/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/silenced.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/shrink/allocate.h"
#include "workshop/shrink/few_group.h"

static const struct {
    enum lm_tensor_id id;
    enum silenced_part part;
} matrices[] = {{LM_QKV, SILENCED_ATTENTION},
                {LM_OUT, SILENCED_ATTENTION},
                {LM_UP, SILENCED_HIDDEN},
                {LM_DOWN, SILENCED_HIDDEN}};

enum { N_MATRICES = sizeof matrices / sizeof *matrices };

/* Puts tensors of zeros in the place of the layer's. Without memory the arena only counts. */
static void put_zeros(struct lm_layer *layer, unsigned parts, struct arena *arena)
{
    static const struct {
        enum lm_tensor_id id;
        unsigned part;
    } last[] = {{LM_OUT, SILENCED_ATTENTION},
                {LM_OUT_B, SILENCED_ATTENTION},
                {LM_DOWN, SILENCED_HIDDEN},
                {LM_DOWN_B, SILENCED_HIDDEN},
                {LM_MIX_X0, SILENCED_ATTENTION | SILENCED_HIDDEN},
                {LM_MIX_X, SILENCED_ATTENTION | SILENCED_HIDDEN}};
    for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
        struct tensor *t = &layer->tensors[last[i].id];
        if ((parts & last[i].part) == last[i].part)
            tensor_lay_out(t, TENSOR_INT8, t->n_rows, t->n_columns, arena);
    }
    bool mixes = parts == (SILENCED_ATTENTION | SILENCED_HIDDEN);
    struct tensor *mix = &layer->tensors[LM_MIX_X];
    for (size_t i = 0; mixes && mix->values && i < mix->n_columns; i++)
        mix->values[i] = 1;
}

/* Gives it layers of its own, which are the model's, and memory of that size. */
static enum tacit_status open_copy(struct silenced *silenced, const struct lm_model *model,
                                   size_t n_memory)
{
    size_t n_bytes = model->shape.n_layers * sizeof *model->layers;
    silenced->model = *model;
    silenced->model.layers = malloc(n_bytes);
    silenced->memory = memory_zeroed(n_memory + 1);
    if (!silenced->model.layers || !silenced->memory) {
        silenced_close(silenced);
        return TACIT_ERR_MEMORY;
    }
    memcpy(silenced->model.layers, model->layers, n_bytes);
    return TACIT_OK;
}

enum tacit_status silenced_open(struct silenced *silenced, const struct lm_model *model,
                                uint32_t layer, unsigned parts)
{
    struct lm_layer changed = model->layers[layer];
    struct arena sizes = {0};
    put_zeros(&changed, parts, &sizes);
    TRY(open_copy(silenced, model, sizes.used));
    struct arena arena = {silenced->memory, sizes.used, 0};
    put_zeros(&silenced->model.layers[layer], parts, &arena);
    return TACIT_OK;
}

void silenced_clear_columns(const struct tensor *t, size_t begin, size_t end)
{
    size_t n_groups = t->n_columns / LM_GROUP;
    struct tensor_tile_form form = tensor_tile_form(t->kind);
    for (size_t block = 0; block < tensor_blocks(t); block++)
        for (size_t g = begin; g < end; g++)
            memset(tensor_tile(t, block * n_groups + g), 0,
                   form.n_bytes + form.n_numbers * form.number_bytes);
}

enum tacit_status silenced_open_heads(struct silenced *silenced, const struct lm_model *model,
                                      uint32_t layer, uint32_t part, uint32_t n_parts)
{
    const struct tensor *out = &model->layers[layer].tensors[LM_OUT];
    size_t n = out->n_columns / LM_GROUP / n_parts;
    struct tensor changed;
    struct arena sizes = {0};
    tensor_lay_out(&changed, out->kind, out->n_rows, out->n_columns, &sizes);
    TRY(open_copy(silenced, model, sizes.used));
    struct arena arena = {silenced->memory, sizes.used, 0};
    tensor_lay_out(&changed, out->kind, out->n_rows, out->n_columns, &arena);
    tensor_copy(&changed, out);
    silenced_clear_columns(&changed, part * n, (part + 1) * n);
    silenced->model.layers[layer].tensors[LM_OUT] = changed;
    return TACIT_OK;
}

/* Gives the layer room for the parts' matrices as of that kind. Without memory the arena only counts. */
static void put_rounded(struct lm_layer *layer, unsigned parts, enum tensor_kind kind,
                        struct arena *arena)
{
    for (size_t i = 0; i < N_MATRICES; i++) {
        struct tensor *t = &layer->tensors[matrices[i].id];
        if ((parts & matrices[i].part) && allocate_may_be(t, kind))
            tensor_lay_out(t, kind, t->n_rows, t->n_columns, arena);
    }
}

enum tacit_status silenced_open_rounded(struct silenced *silenced, const struct lm_model *model,
                                        uint32_t layer, unsigned parts, enum tensor_kind kind)
{
    const struct lm_layer *from = &model->layers[layer];
    struct lm_layer changed = *from;
    struct arena sizes = {0};
    put_rounded(&changed, parts, kind, &sizes);
    const size_t n_row = lm_shape_widest(&model->shape) * sizeof(float);
    arena_take(&sizes, n_row);
    TRY(open_copy(silenced, model, sizes.used));
    struct arena arena = {silenced->memory, sizes.used, 0};
    struct lm_layer *to = &silenced->model.layers[layer];
    put_rounded(to, parts, kind, &arena);
    float *row = arena_take(&arena, n_row);
    for (size_t i = 0; i < N_MATRICES; i++) {
        struct tensor *t = &to->tensors[matrices[i].id];
        if (t->weights != from->tensors[matrices[i].id].weights)
            few_round_matrix(t, &from->tensors[matrices[i].id], row);
    }
    return TACIT_OK;
}

/* Rounds the weights of a row's groups [begin, end) as numbers of the form, and puts the nearest int8 in their place. */
static void round_groups(struct tensor *t, size_t row, size_t begin, size_t end,
                         struct few_form form)
{
    for (size_t g = begin; g < end; g++) {
        int8_t q[LM_GROUP];
        float x[LM_GROUP], scale = tensor_get_group(t, row, g, q);
        for (size_t i = 0; i < LM_GROUP; i++)
            x[i] = (float)q[i] * scale;
        for (size_t at = 0; at < LM_GROUP && scale > 0; at += form.n) {
            struct few_group group;
            few_fit(&group, form, x + at, NULL);
            for (size_t i = 0; i < form.n; i++) {
                float value;
                few_nearest(&group, form, x[at + i], &value);
                value = value / scale + (value < 0 ? -0.5f : 0.5f);
                q[at + i] = (int8_t)fmaxf(-LM_Q_MAX, fminf(LM_Q_MAX, value));
            }
        }
        tensor_set_group(t, row, g, q, scale);
    }
}

static void round_rows(struct tensor *t, size_t begin, size_t end, struct few_form form)
{
    for (size_t r = begin; r < end; r++)
        round_groups(t, r, 0, t->n_columns / LM_GROUP, form);
}

static void round_heads(struct tensor *qkv, struct tensor *out, const struct lm_shape *shape,
                        uint32_t part, uint32_t n_parts, struct few_form form)
{
    size_t n_queries = (size_t)shape->n_heads * shape->head_dim, n = n_queries / n_parts;
    size_t n_keys = (size_t)shape->n_kv_heads * shape->head_dim, n_key = n_keys / n_parts;
    for (size_t r = 0; r < out->n_rows; r++)
        round_groups(out, r, part * n / LM_GROUP, (part + 1) * n / LM_GROUP, form);
    round_rows(qkv, part * n, (part + 1) * n, form);
    if (shape->n_kv_heads != n_parts)
        return;
    round_rows(qkv, n_queries + part * n_key, n_queries + (part + 1) * n_key, form);
    round_rows(qkv, n_queries + n_keys + part * n_key, n_queries + n_keys + (part + 1) * n_key,
               form);
}

enum tacit_status silenced_open_heads_rounded(struct silenced *silenced,
                                              const struct lm_model *model, uint32_t layer,
                                              uint32_t part, uint32_t n_parts,
                                              enum tensor_kind kind)
{
    const struct tensor *t = model->layers[layer].tensors;
    if (t[LM_OUT].kind != TENSOR_INT8 || t[LM_QKV].kind != TENSOR_INT8)
        return open_copy(silenced, model, 0);
    struct tensor changed[2];
    struct arena sizes = {0};
    static const enum lm_tensor_id ids[2] = {LM_QKV, LM_OUT};
    for (int i = 0; i < 2; i++)
        tensor_lay_out(&changed[i], TENSOR_INT8, t[ids[i]].n_rows, t[ids[i]].n_columns, &sizes);
    TRY(open_copy(silenced, model, sizes.used));
    struct arena arena = {silenced->memory, sizes.used, 0};
    for (int i = 0; i < 2; i++) {
        tensor_lay_out(&changed[i], TENSOR_INT8, t[ids[i]].n_rows, t[ids[i]].n_columns, &arena);
        tensor_copy(&changed[i], &t[ids[i]]);
    }
    round_heads(&changed[0], &changed[1], &model->shape, part, n_parts, few_form_of(kind));
    for (int i = 0; i < 2; i++)
        silenced->model.layers[layer].tensors[ids[i]] = changed[i];
    return TACIT_OK;
}

void silenced_close(struct silenced *silenced)
{
    free(silenced->model.layers);
    free(silenced->memory);
    *silenced = (struct silenced){.memory = NULL};
}
