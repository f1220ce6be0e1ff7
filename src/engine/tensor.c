/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tensor.h"

#include <string.h>

#include "kernels/lm_int4.h"

static size_t bytes_int8(const struct tensor *tensor)
{
    return tensor_n_tiles(tensor) * sizeof(struct lm_tile);
}

static struct lm_tile *tile_of(const struct tensor *tensor, size_t row, size_t group)
{
    return tensor_tiles(tensor) + row / LM_TILE_ROWS * (tensor->n_columns / LM_GROUP) + group;
}

void tensor_set_group(struct tensor *tensor, size_t row, size_t group, const int8_t *q, float scale)
{
    struct lm_tile *tile = tile_of(tensor, row, group);
    for (size_t k = 0; k < LM_GROUP / 4; k++)
        memcpy(tile->q[k][row % LM_TILE_ROWS], q + 4 * k, 4);
    tile->scale[row % LM_TILE_ROWS] = scale;
}

float tensor_get_group(const struct tensor *tensor, size_t row, size_t group, int8_t *q)
{
    const struct lm_tile *tile = tile_of(tensor, row, group);
    for (size_t k = 0; k < LM_GROUP / 4; k++)
        memcpy(q + 4 * k, tile->q[k][row % LM_TILE_ROWS], 4);
    return tile->scale[row % LM_TILE_ROWS];
}

static void row_int8(const struct tensor *tensor, size_t row, float *dst)
{
    size_t n_groups = tensor->n_columns / LM_GROUP;
    for (size_t g = 0; g < n_groups; g++, dst += LM_GROUP) {
        int8_t q[LM_GROUP];
        float scale = tensor_get_group(tensor, row, g, q);
        for (size_t i = 0; i < LM_GROUP; i++)
            dst[i] = (float)q[i] * scale;
    }
}

static void product_int8(const struct kernels *kernels, float *y, size_t y_stride,
                         struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    size_t n_groups = part.tensor->n_columns / LM_GROUP;
    struct lm_matrix matrix = {tensor_tiles(part.tensor) + part.begin * n_groups,
                               part.end - part.begin, n_groups, n_groups};
    kernels->lm_product(y, y_stride, &matrix, x, n_rows, add);
}

static size_t bytes_int4(const struct tensor *tensor)
{
    return tensor_n_tiles(tensor) * sizeof(struct lm_tile_int4);
}

static struct lm_tile_int4 *tile_int4_of(const struct tensor *tensor, size_t row, size_t group)
{
    return tensor_tiles_int4(tensor) + row / LM_TILE_ROWS * (tensor->n_columns / LM_GROUP) +
           group / 2;
}

void tensor_set_int4(struct tensor *tensor, size_t row, size_t group,
                     const struct tensor_int4_group *values)
{
    struct lm_tile_int4 *tile = tile_int4_of(tensor, row, group);
    size_t r = row % LM_TILE_ROWS, half = group % 2;
    for (size_t i = 0; i < LM_INT4_GROUP / 2; i++)
        tile->q[4 * half + i / 4][r][i % 4] =
            (uint8_t)(values->n[i] | values->n[LM_INT4_GROUP / 2 + i] << 4);
    tile->scale[half][r] = values->scale;
    tile->minimum[half][r] = values->minimum;
}

void tensor_get_int4(const struct tensor *tensor, size_t row, size_t group,
                     struct tensor_int4_group *values)
{
    const struct lm_tile_int4 *tile = tile_int4_of(tensor, row, group);
    size_t r = row % LM_TILE_ROWS, half = group % 2;
    for (size_t i = 0; i < LM_INT4_GROUP; i++)
        values->n[i] = (uint8_t)lm_int4_get(tile, r, half * LM_INT4_GROUP + i);
    values->scale = tile->scale[half][r];
    values->minimum = tile->minimum[half][r];
}

bool tensor_int4_is_sound(const struct tensor *tensor)
{
    bool sound = true;
    for (size_t i = 0; i < tensor_n_tiles(tensor); i++) {
        const struct lm_tile_int4 *tile = &tensor_tiles_int4(tensor)[i];
        for (size_t half = 0; half < 2; half++)
            for (size_t r = 0; r < LM_TILE_ROWS; r++)
                sound = sound && lm_half_is_finite(tile->scale[half][r]) &&
                        lm_half_is_finite(tile->minimum[half][r]);
    }
    return sound;
}

static void row_int4(const struct tensor *tensor, size_t row, float *dst)
{
    for (size_t g = 0; g < tensor->n_columns / LM_INT4_GROUP; g++, dst += LM_INT4_GROUP) {
        struct tensor_int4_group values;
        tensor_get_int4(tensor, row, g, &values);
        float scale = lm_half_to_float(values.scale), minimum = lm_half_to_float(values.minimum);
        for (size_t i = 0; i < LM_INT4_GROUP; i++)
            dst[i] = (float)values.n[i] * scale + minimum;
    }
}

static void product_int4(const struct kernels *kernels, float *y, size_t y_stride,
                         struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    size_t n_groups = part.tensor->n_columns / LM_GROUP;
    struct lm_matrix_int4 matrix = {tensor_tiles_int4(part.tensor) + part.begin * n_groups,
                                    part.end - part.begin, n_groups, n_groups};
    kernels->lm_product_int4(y, y_stride, &matrix, x, n_rows, add);
}

struct storage {
    size_t (*bytes)(const struct tensor *tensor);
    void (*row)(const struct tensor *tensor, size_t row, float *dst);
    void (*product)(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add);
};

#define STORAGE(kind, suffix) [kind] = {bytes_##suffix, row_##suffix, product_##suffix},
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

void tensor_copy(struct tensor *to, const struct tensor *from)
{
    if (from->n_columns == 0)
        return;
    if (from->n_rows == 0)
        memcpy(to->values, from->values, from->n_columns * sizeof *to->values);
    else
        memcpy(to->weights, from->weights, storages[from->kind].bytes(from));
}

void tensor_row(const struct tensor *tensor, size_t row, float *dst)
{
    storages[tensor->kind].row(tensor, row, dst);
}

void tensor_product(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    if (part.begin < part.end)
        storages[part.tensor->kind].product(kernels, y, y_stride, part, x, n_rows, add);
}
