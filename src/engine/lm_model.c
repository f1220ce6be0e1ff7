/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/try.h"
#include "engine/lm_identity.h"

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static void lay_out_tensor(struct lm_tensor *tensor, struct lm_tensor_size size,
                           struct arena *arena)
{
    tensor->n_rows = size.n_rows;
    tensor->n_columns = size.n_columns;
    size_t n_tiles = round_up(size.n_rows, LM_TILE_ROWS) / LM_TILE_ROWS *
                     (round_up(size.n_columns, LM_GROUP) / LM_GROUP);
    if (size.n_columns == 0)
        return;
    if (size.n_rows == 0)
        tensor->values =
            arena_take(arena, round_up(size.n_columns, KERNEL_LANES) * sizeof *tensor->values);
    else
        tensor->tiles = arena_take(arena, n_tiles * sizeof *tensor->tiles);
}

void lm_model_lay_out(struct lm_model *model, struct arena *arena)
{
    const struct lm_shape *shape = &model->shape;
    for (int id = LM_N_LAYER_TENSORS; id < LM_N_TENSORS; id++)
        lay_out_tensor(&model->tensors[id], lm_tensor_size(shape, (enum lm_tensor_id)id), arena);
    for (uint32_t layer = 0; layer < shape->n_layers; layer++)
        for (int id = 0; id < LM_N_LAYER_TENSORS; id++)
            lay_out_tensor(&model->layers[layer].tensors[id],
                           lm_tensor_size(shape, (enum lm_tensor_id)id), arena);
}

uint64_t lm_model_memory_needed(const struct lm_shape *shape)
{
    uint64_t n = 0;
    for (int id = 0; id < LM_N_TENSORS; id++) {
        struct lm_tensor unused;
        struct arena sizes = {0};
        lay_out_tensor(&unused, lm_tensor_size(shape, (enum lm_tensor_id)id), &sizes);
        n += (id < LM_N_LAYER_TENSORS ? (uint64_t)shape->n_layers : 1) * sizes.used;
    }
    return n;
}

enum tacit_status lm_model_create(struct lm_model **model_out, const struct lm_shape *shape)
{
    *model_out = NULL;
    TRY(lm_shape_check(shape));
    struct lm_model *model = calloc(1, sizeof *model);
    struct lm_layer *layers = calloc(shape->n_layers, sizeof *layers);
    if (!model || !layers || lm_model_memory_needed(shape) > SIZE_MAX / 2) {
        free(model);
        free(layers);
        return TACIT_ERR_MEMORY;
    }
    model->shape = *shape;
    model->layers = layers;
    *model_out = model;
    return TACIT_OK;
}

void lm_model_destroy(struct lm_model *model)
{
    if (!model)
        return;
    if (model->release)
        model->release(model);
    free(model->layers);
    free(model);
}

static void release_heap(struct lm_model *model)
{
    free(model->memory);
}

/* A row of floats as int8, in groups; what the quantised row is cut from. */
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

static void store_row(struct lm_tensor *tensor, size_t row, const struct row_buffer *b)
{
    size_t n_groups = tensor->n_columns / LM_GROUP, r = row % LM_TILE_ROWS;
    struct lm_tile *tiles = tensor->tiles + row / LM_TILE_ROWS * n_groups;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t k = 0; k < LM_GROUP; k++)
            tiles[g].q[k / 4][r][k % 4] = b->q[g * LM_GROUP + k];
        tiles[g].scale[r] = b->scale[g];
    }
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

static enum tacit_status build_tensor(struct builder *b, struct lm_tensor *tensor,
                                      enum lm_tensor_id id, uint32_t layer)
{
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
                               tensor->n_columns / LM_GROUP);
        store_row(tensor, row, &b->buffer);
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

static size_t widest_row(const struct lm_shape *shape)
{
    size_t widest = 0;
    for (int id = 0; id < LM_N_TENSORS; id++) {
        size_t n = lm_tensor_size(shape, (enum lm_tensor_id)id).n_columns;
        widest = n > widest ? n : widest;
    }
    return widest;
}

static void *allocate_zeroed(size_t n_bytes)
{
    void *memory = aligned_alloc(ARENA_ALIGN, round_up(n_bytes, ARENA_ALIGN));
    if (memory)
        memset(memory, 0, round_up(n_bytes, ARENA_ALIGN));
    return memory;
}

static enum tacit_status build_in_memory(struct builder *b, size_t row_bytes)
{
    struct lm_model *model = b->model;
    size_t widest = widest_row(&model->shape);
    uint8_t *row_memory = allocate_zeroed(row_bytes);
    model->n_bytes = (size_t)lm_model_memory_needed(&model->shape);
    model->memory = allocate_zeroed(model->n_bytes);
    model->release = release_heap;
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (row_memory && model->memory) {
        struct arena arena = {model->memory, model->n_bytes, 0};
        struct arena row_arena = {row_memory, row_bytes, 0};
        lm_model_lay_out(model, &arena);
        lay_out_row_buffer(&b->buffer, widest, &row_arena);
        status = build_tensors(b);
    }
    free(row_memory);
    return status;
}

enum tacit_status lm_model_build(struct lm_model **model, const struct lm_shape *shape,
                                 lm_row_fn *row, void *context)
{
    TRY(lm_model_create(model, shape));
    struct builder builder = {.model = *model, .row = row, .context = context};
    struct arena row_sizes = {0};
    lay_out_row_buffer(&builder.buffer, widest_row(shape), &row_sizes);
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

void lm_tensor_row(const struct lm_tensor *tensor, size_t row, float *dst)
{
    size_t n_groups = tensor->n_columns / LM_GROUP, r = row % LM_TILE_ROWS;
    const struct lm_tile *tiles = tensor->tiles + row / LM_TILE_ROWS * n_groups;
    for (size_t g = 0; g < n_groups; g++, dst += LM_GROUP) {
        float scale = tiles[g].scale[r];
        int8_t q[LM_GROUP];
        for (size_t k = 0; k < LM_GROUP / 4; k++)
            memcpy(q + 4 * k, tiles[g].q[k][r], 4);
        for (size_t i = 0; i < LM_GROUP; i++)
            dst[i] = (float)q[i] * scale;
    }
}
