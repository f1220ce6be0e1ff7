/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tensor.h"

#include <string.h>

static size_t bytes_int8(const struct tensor *tensor)
{
    return tensor_n_tiles(tensor) * sizeof(struct lm_tile);
}

static struct lm_tile *tile_of(const struct tensor *tensor, size_t row, size_t group)
{
    return tensor_tiles(tensor) + row / LM_TILE_ROWS * (tensor->n_columns / LM_GROUP) + group;
}

static void set_group_int8(struct tensor *tensor, size_t row, size_t group, const int8_t *q,
                           float scale)
{
    struct lm_tile *tile = tile_of(tensor, row, group);
    for (size_t k = 0; k < LM_GROUP / 4; k++)
        memcpy(tile->q[k][row % LM_TILE_ROWS], q + 4 * k, 4);
    tile->scale[row % LM_TILE_ROWS] = scale;
}

static float get_group_int8(const struct tensor *tensor, size_t row, size_t group, int8_t *q)
{
    const struct lm_tile *tile = tile_of(tensor, row, group);
    for (size_t k = 0; k < LM_GROUP / 4; k++)
        memcpy(q + 4 * k, tile->q[k][row % LM_TILE_ROWS], 4);
    return tile->scale[row % LM_TILE_ROWS];
}

static void product_int8(const struct kernels *kernels, float *y, size_t y_stride,
                         struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    size_t n_groups = part.tensor->n_columns / LM_GROUP;
    struct lm_matrix matrix = {tensor_tiles(part.tensor) + part.begin * n_groups,
                               part.end - part.begin, n_groups, n_groups};
    kernels->lm_product(y, y_stride, &matrix, x, n_rows, add);
}

struct storage {
    size_t (*bytes)(const struct tensor *tensor);
    void (*set_group)(struct tensor *tensor, size_t row, size_t group, const int8_t *q,
                      float scale);
    float (*get_group)(const struct tensor *tensor, size_t row, size_t group, int8_t *q);
    void (*product)(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add);
};

#define STORAGE(kind, suffix)                                                                      \
    [kind] = {bytes_##suffix, set_group_##suffix, get_group_##suffix, product_##suffix},
static const struct storage storages[] = {TENSOR_KINDS(STORAGE)};

void tensor_lay_out(struct tensor *tensor, enum tensor_kind kind, size_t n_rows, size_t n_columns,
                    struct arena *arena)
{
    size_t unit = n_rows == 0 ? KERNEL_LANES : LM_GROUP;
    size_t n_padded = (n_columns + unit - 1) / unit * unit;
    *tensor = (struct tensor){.kind = kind, .n_rows = n_rows, .n_columns = n_columns};
    if (n_columns > 0 && n_rows == 0)
        tensor->values = arena_take(arena, n_padded * sizeof *tensor->values);
    else if (n_columns > 0)
        tensor->weights = arena_take(arena, storages[kind].bytes(tensor));
}

void tensor_set_group(struct tensor *tensor, size_t row, size_t group, const int8_t *q, float scale)
{
    storages[tensor->kind].set_group(tensor, row, group, q, scale);
}

float tensor_get_group(const struct tensor *tensor, size_t row, size_t group, int8_t *q)
{
    return storages[tensor->kind].get_group(tensor, row, group, q);
}

void tensor_row(const struct tensor *tensor, size_t row, float *dst)
{
    size_t n_groups = tensor->n_columns / LM_GROUP;
    for (size_t g = 0; g < n_groups; g++, dst += LM_GROUP) {
        int8_t q[LM_GROUP];
        float scale = tensor_get_group(tensor, row, g, q);
        for (size_t i = 0; i < LM_GROUP; i++)
            dst[i] = (float)q[i] * scale;
    }
}

void tensor_product(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    if (part.begin < part.end)
        storages[part.tensor->kind].product(kernels, y, y_stride, part, x, n_rows, add);
}
