/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tensor.h"

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strict_math.h"
#include "kernels/lm_int4.h"
#include "kernels/narrow/lm_narrow.h"

static struct lm_tile *tensor_tiles(const struct tensor *tensor)
{
    return tensor->weights;
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

/* Groups are handed on in pieces, which takes half as long as one by one. */
static void hash_row_int8(const struct tensor *tensor, size_t row, struct sha256 *sha)
{
    enum { PIECE = 16 };
    size_t n_groups = tensor->n_columns / LM_GROUP;
    int8_t q[PIECE * LM_GROUP];
    uint8_t scales[4 * PIECE];
    for (size_t g = 0, n; g < n_groups; g += n) {
        for (n = 0; n < PIECE && g + n < n_groups; n++)
            tensor_get_group(tensor, row, g + n, q + n * LM_GROUP);
        sha256_update(sha, q, n * LM_GROUP);
    }
    for (size_t g = 0, n; g < n_groups; g += n) {
        for (n = 0; n < PIECE && g + n < n_groups; n++)
            store_le32(scales + 4 * n, strict_to_bits(tensor_get_group(tensor, row, g + n, q)));
        sha256_update(sha, scales, 4 * n);
    }
}

/* -128 is not sound: not all kernels multiply it alike. */
static bool tile_is_sound_int8(const uint8_t *memory, unsigned bits)
{
    const struct lm_tile *tile = (const void *)memory;
    (void)bits;
    const int8_t *q = (const int8_t *)tile->q;
    unsigned n_lowest = 0;
    bool sound = true;
    for (size_t i = 0; i < sizeof tile->q; i++)
        n_lowest += q[i] == -128;
    for (size_t r = 0; r < LM_TILE_ROWS; r++)
        sound = sound && tile->scale[r] >= 0.0f && tile->scale[r] < 1e30f;
    return sound && n_lowest == 0;
}

static void product_int8(const struct kernels *kernels, float *y, size_t y_stride,
                         struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add)
{
    size_t n_groups = part.tensor->n_columns / LM_GROUP;
    struct lm_matrix matrix = {tensor_tiles(part.tensor) + part.begin * n_groups,
                               part.end - part.begin, n_groups, n_groups};
    kernels->lm_product(y, y_stride, &matrix, x, n_rows, add);
}

static struct lm_tile_int4 *tensor_tiles_int4(const struct tensor *tensor)
{
    return tensor->weights;
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

/* Any four bits are a number. */
static bool tile_is_sound_int4(const uint8_t *memory, unsigned bits)
{
    const struct lm_tile_int4 *tile = (const void *)memory;
    (void)bits;
    bool sound = true;
    for (size_t half = 0; half < 2; half++)
        for (size_t r = 0; r < LM_TILE_ROWS; r++)
            sound = sound && lm_half_is_finite(tile->scale[half][r]) &&
                    lm_half_is_finite(tile->minimum[half][r]);
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

static void hash_row_int4(const struct tensor *tensor, size_t row, struct sha256 *sha)
{
    for (size_t g = 0; g < tensor->n_columns / LM_INT4_GROUP; g++) {
        struct tensor_int4_group values;
        uint8_t numbers[4];
        tensor_get_int4(tensor, row, g, &values);
        store_le16(numbers, values.scale);
        store_le16(numbers + 2, values.minimum);
        sha256_update(sha, values.n, sizeof values.n);
        sha256_update(sha, numbers, sizeof numbers);
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

unsigned tensor_narrow_bits(enum tensor_kind kind)
{
    return kind >= TENSOR_NARROW2 ? (unsigned)kind : 0;
}

static uint8_t *narrow_tile_of(const struct tensor *tensor, size_t row, size_t group)
{
    return tensor_tile(tensor, row / LM_TILE_ROWS * (tensor->n_columns / LM_GROUP) + group);
}

void tensor_set_narrow(struct tensor *tensor, size_t row, size_t group,
                       const struct tensor_narrow_group *values)
{
    uint8_t *tile = narrow_tile_of(tensor, row, group), *plane = tile;
    unsigned bits = tensor_narrow_bits(tensor->kind), left = bits;
    size_t r = row % LM_TILE_ROWS;
    for (unsigned width = 4; width > 0; width /= 2) {
        if (!(bits & width))
            continue;
        unsigned mask = (1u << width) - 1;
        left -= width;
        for (size_t i = 0; i < LM_GROUP; i++) {
            struct lm_narrow_place at = lm_narrow_place(width, r, i);
            unsigned n = (unsigned)values->n[i] >> left & mask;
            plane[at.byte] = (uint8_t)((plane[at.byte] & ~(mask << at.shift)) | n << at.shift);
        }
        plane += lm_narrow_plane_bytes(width);
    }
    plane[r] = values->minimum;
    memcpy(plane + LM_TILE_ROWS + 2 * r, &values->scale, sizeof values->scale);
}

void tensor_get_narrow(const struct tensor *tensor, size_t row, size_t group,
                       struct tensor_narrow_group *values)
{
    const uint8_t *tile = narrow_tile_of(tensor, row, group);
    unsigned bits = tensor_narrow_bits(tensor->kind);
    size_t r = row % LM_TILE_ROWS;
    for (size_t i = 0; i < LM_GROUP; i++)
        values->n[i] = (uint8_t)lm_narrow_get(tile, bits, r, i);
    values->minimum = lm_narrow_minima(tile, bits)[r];
    memcpy(&values->scale, lm_narrow_scales(tile, bits) + 2 * r, sizeof values->scale);
}

static bool tile_is_sound_narrow(const uint8_t *tile, unsigned bits)
{
    bool sound = true;
    for (size_t r = 0; r < LM_TILE_ROWS; r++) {
        float scale = lm_narrow_scale(tile, bits, r);
        sound = sound && lm_narrow_minima(tile, bits)[r] <= 127 && scale >= 0.0f && scale < 1e30f;
    }
    return sound;
}

static void row_narrow(const struct tensor *tensor, size_t row, float *dst)
{
    unsigned left = 7 - tensor_narrow_bits(tensor->kind);
    for (size_t g = 0; g < tensor->n_columns / LM_GROUP; g++, dst += LM_GROUP) {
        struct tensor_narrow_group values;
        tensor_get_narrow(tensor, row, g, &values);
        float scale = strict_from_bits((uint32_t)values.scale << 16);
        for (size_t i = 0; i < LM_GROUP; i++)
            dst[i] = (float)((values.n[i] << left) - values.minimum) * scale;
    }
}

static void hash_row_narrow(const struct tensor *tensor, size_t row, struct sha256 *sha)
{
    for (size_t g = 0; g < tensor->n_columns / LM_GROUP; g++) {
        struct tensor_narrow_group values;
        uint8_t numbers[3];
        tensor_get_narrow(tensor, row, g, &values);
        numbers[0] = values.minimum;
        store_le16(numbers + 1, values.scale);
        sha256_update(sha, values.n, sizeof values.n);
        sha256_update(sha, numbers, sizeof numbers);
    }
}

static void product_narrow(const struct kernels *kernels, float *y, size_t y_stride,
                           struct tensor_part part, const struct lm_rows *x, size_t n_rows,
                           bool add)
{
    size_t n_groups = part.tensor->n_columns / LM_GROUP;
    struct lm_matrix_narrow matrix = {tensor_tile(part.tensor, part.begin * n_groups),
                                      tensor_narrow_bits(part.tensor->kind), part.end - part.begin,
                                      n_groups, n_groups};
    kernels->lm_product_narrow(y, y_stride, &matrix, x, n_rows, add);
}

struct storage {
    struct tensor_tile_form form;
    unsigned bits;
    size_t n_groups_max; /* of 64 columns */
    bool (*tile_is_sound)(const uint8_t *tile, unsigned bits);
    void (*row)(const struct tensor *tensor, size_t row, float *dst);
    void (*hash_row)(const struct tensor *tensor, size_t row, struct sha256 *sha);
    void (*product)(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add);
};

enum {
    N_BYTES_int8 = LM_TILE_ROWS * LM_GROUP,
    N_NUMBERS_int8 = LM_TILE_ROWS,
    NUMBER_BYTES_int8 = 4,
    N_GROUPS_MAX_int8 = INT_MAX,
    N_BYTES_int4 = LM_TILE_ROWS * LM_GROUP / 2,
    N_NUMBERS_int4 = 2 * 2 * LM_TILE_ROWS,
    NUMBER_BYTES_int4 = 2,
    N_GROUPS_MAX_int4 = LM_INT4_GROUPS_MAX,
    N_BYTES_narrow = LM_TILE_ROWS, /* and what its bits take */
    N_NUMBERS_narrow = LM_TILE_ROWS,
    NUMBER_BYTES_narrow = 2,
    N_GROUPS_MAX_narrow = INT_MAX,
};

static_assert(offsetof(struct lm_tile, scale) == N_BYTES_int8, "bytes, then numbers");
static_assert(offsetof(struct lm_tile_int4, scale) == N_BYTES_int4, "bytes, then numbers");
#define NUMBERS_BYTES(suffix) (N_NUMBERS_##suffix * NUMBER_BYTES_##suffix)
static_assert(sizeof(struct lm_tile) == N_BYTES_int8 + NUMBERS_BYTES(int8), "and no more");
static_assert(sizeof(struct lm_tile_int4) == N_BYTES_int4 + NUMBERS_BYTES(int4), "and no more");

#define CHECK_KIND(kind, suffix, bits)                                                             \
    static_assert(NUMBERS_BYTES(suffix) <= TENSOR_TILE_NUMBERS_MAX, "room for a tile's numbers");  \
    static_assert((kind) < TENSOR_NARROW2 || (kind) == (bits), "a narrow kind's value");
TENSOR_KINDS(CHECK_KIND)

#define STORAGE(kind, suffix, bits)                                                                \
    [kind] = {                                                                                     \
        {N_BYTES_##suffix + ((kind) < TENSOR_NARROW2 ? 0 : LM_TILE_ROWS * LM_GROUP / 8 * (bits)),  \
         N_NUMBERS_##suffix, NUMBER_BYTES_##suffix},                                               \
        bits,                                                                                      \
        N_GROUPS_MAX_##suffix,                                                                     \
        tile_is_sound_##suffix,                                                                    \
        row_##suffix,                                                                              \
        hash_row_##suffix,                                                                         \
        product_##suffix},
static const struct storage storages[] = {TENSOR_KINDS(STORAGE)};

bool tensor_kind_fits(unsigned kind, size_t n_columns)
{
    return kind < sizeof storages / sizeof *storages &&
           n_columns / LM_GROUP <= storages[kind].n_groups_max;
}

struct tensor_tile_form tensor_tile_form(enum tensor_kind kind)
{
    return storages[kind].form;
}

static size_t tile_bytes(enum tensor_kind kind)
{
    const struct tensor_tile_form form = storages[kind].form;
    return form.n_bytes + form.n_numbers * form.number_bytes;
}

uint8_t *tensor_tile(const struct tensor *tensor, size_t index)
{
    return (uint8_t *)tensor->weights + index * tile_bytes(tensor->kind);
}

bool tensor_is_sound(const struct tensor *tensor)
{
    bool sound = true;
    if (tensor->n_rows == 0)
        for (size_t i = 0; i < tensor->n_columns; i++)
            sound = sound && tensor->values[i] - tensor->values[i] == 0.0f;
    else
        for (size_t i = 0; sound && i < tensor_n_tiles(tensor); i++)
            sound = storages[tensor->kind].tile_is_sound(tensor_tile(tensor, i),
                                                         storages[tensor->kind].bits);
    return sound;
}

void tensor_hash_row(const struct tensor *tensor, size_t row, struct sha256 *sha)
{
    storages[tensor->kind].hash_row(tensor, row, sha);
}

void tensor_lay_out(struct tensor *tensor, enum tensor_kind kind, size_t n_rows, size_t n_columns,
                    struct arena *arena)
{
    size_t unit = n_rows == 0 ? KERNEL_LANES : LM_GROUP;
    size_t n_padded = (n_columns + unit - 1) / unit * unit;
    *tensor = (struct tensor){.kind = kind, .n_rows = n_rows, .n_columns = n_columns};
    if (n_columns > 0 && n_rows == 0)
        tensor->values = arena_take(arena, n_padded * sizeof *tensor->values);
    else if (n_columns > 0)
        tensor->weights = arena_take(arena, tensor_n_tiles(tensor) * tile_bytes(kind));
}

void tensor_copy(struct tensor *to, const struct tensor *from)
{
    if (from->n_columns == 0)
        return;
    if (from->n_rows == 0)
        memcpy(to->values, from->values, from->n_columns * sizeof *to->values);
    else
        memcpy(to->weights, from->weights, tensor_n_tiles(from) * tile_bytes(from->kind));
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
