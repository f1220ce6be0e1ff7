/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/try.h"
#include "engine/lm_identity.h"

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* A row of floats, and the row as int8 in groups. */
struct row_buffer {
    float *values; /* [n_columns], zero up to a multiple of 64 */
    int8_t *q;
    float *scale;
    int32_t *sum;
};

static void lay_out_row_buffer(struct row_buffer *b, size_t n_columns, struct arena *arena)
{
    b->values = arena_take(arena, n_columns * sizeof *b->values);
    b->q = arena_take(arena, n_columns);
    b->scale = arena_take(arena, n_columns / LM_GROUP * sizeof *b->scale);
    b->sum = arena_take(arena, n_columns / LM_GROUP * sizeof *b->sum);
}

struct builder {
    struct lm_model *model;
    struct kernels kernels;
    lm_row_fn *row;
    void *context;
    struct row_buffer buffer;
};

static enum tacit_status check_finite(const float *values, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite = finite && values[i] - values[i] == 0.0f;
    return finite ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static enum tacit_status build_tensor(struct builder *b, struct tensor *tensor,
                                      enum lm_tensor_id id, uint32_t layer)
{
    size_t n_groups = tensor->n_columns / LM_GROUP;
    if (tensor->n_columns == 0)
        return TACIT_OK;
    if (tensor->n_rows == 0) {
        TRY(b->row(b->context, id, layer, 0, tensor->values));
        return check_finite(tensor->values, tensor->n_columns);
    }
    for (size_t row = 0; row < tensor->n_rows; row++) {
        TRY(b->row(b->context, id, layer, row, b->buffer.values));
        TRY(check_finite(b->buffer.values, tensor->n_columns));
        b->kernels.lm_quantize(b->buffer.q, b->buffer.scale, b->buffer.sum, b->buffer.values,
                               n_groups);
        for (size_t g = 0; g < n_groups; g++)
            tensor_set_group(tensor, row, g, b->buffer.q + g * LM_GROUP, b->buffer.scale[g]);
    }
    return TACIT_OK;
}

static enum tacit_status build_tensors(struct builder *b)
{
    struct lm_model *model = b->model;
    for (int id = LM_N_LAYER_TENSORS; id < LM_N_TENSORS; id++)
        TRY(build_tensor(b, &model->tensors[id], (enum lm_tensor_id)id, 0));
    for (uint32_t layer = 0; layer < model->shape.n_layers; layer++)
        for (int id = 0; id < LM_N_LAYER_TENSORS; id++)
            TRY(build_tensor(b, &model->layers[layer].tensors[id], (enum lm_tensor_id)id, layer));
    return TACIT_OK;
}

static void *allocate_zeroed(size_t n_bytes)
{
    void *memory = aligned_alloc(ARENA_ALIGN, round_up(n_bytes, ARENA_ALIGN));
    if (memory)
        memset(memory, 0, round_up(n_bytes, ARENA_ALIGN));
    return memory;
}

static void release_heap(struct lm_model *model)
{
    free(model->memory);
}

enum tacit_status lm_model_allocate(struct lm_model *model)
{
    size_t n = (size_t)lm_model_memory_needed(&model->shape, model->kinds);
    model->memory = allocate_zeroed(n);
    if (!model->memory)
        return TACIT_ERR_MEMORY;
    model->n_bytes = n;
    model->release = release_heap;
    struct arena arena = {model->memory, n, 0};
    lm_model_lay_out(model, &arena);
    return TACIT_OK;
}

static enum tacit_status build_in_memory(struct builder *b, size_t row_bytes)
{
    struct lm_model *model = b->model;
    size_t widest = lm_shape_widest(&model->shape);
    uint8_t *row_memory = allocate_zeroed(row_bytes);
    enum tacit_status status = row_memory ? lm_model_allocate(model) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        struct arena row_arena = {row_memory, row_bytes, 0};
        lay_out_row_buffer(&b->buffer, widest, &row_arena);
        status = build_tensors(b);
    }
    free(row_memory);
    return status;
}

enum tacit_status lm_model_build(struct lm_model **model, const struct lm_shape *shape,
                                 lm_row_fn *row, void *context)
{
    TRY(lm_model_create(model, shape, NULL));
    struct builder builder = {.model = *model, .row = row, .context = context};
    struct arena row_sizes = {0};
    lay_out_row_buffer(&builder.buffer, lm_shape_widest(shape), &row_sizes);
    kernels_select(&builder.kernels, cpu_features());
    enum tacit_status status = build_in_memory(&builder, row_sizes.used);
    if (status == TACIT_OK)
        lm_identity(*model, (*model)->identity);
    else {
        lm_model_destroy(*model);
        *model = NULL;
    }
    return status;
}
