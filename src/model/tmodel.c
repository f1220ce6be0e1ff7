/* SPDX-License-Identifier: Apache-2.0 */
#include "model/tmodel.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_bytes.h"
#include "base/hash.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "engine/lm_identity.h"
#include "model/tmodel_layout.h"

struct tmodel {
    struct file_bytes owned; /* empty where the caller owns the bytes */
    struct byte_view bytes;
    struct tmodel_layout layout;
    struct lm_model *model;
};

enum tacit_status tmodel_check_header(const uint8_t *header, uint64_t n_bytes)
{
    if (n_bytes < TMODEL_HEADER_BYTES || memcmp(header, TMODEL_MAGIC, 8) != 0)
        return TACIT_ERR_MODEL_DAMAGED;
    uint32_t version = load_le32(header + 8);
    if (version != TMODEL_VERSION && version != TMODEL_VERSION_KINDS)
        return TACIT_ERR_UNSUPPORTED;
    if (load_le32(header + 12) != TMODEL_HEADER_BYTES || load_le64(header + 16) != n_bytes ||
        load_le64(header + TMODEL_AT_HEADER_HASH) != hash64(header, TMODEL_AT_HEADER_HASH, 0))
        return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

/* Sections inside the file, one after the other; the weights at their place. */
static enum tacit_status read_layout(struct tmodel *t)
{
    const uint8_t *at = t->bytes.data + TMODEL_AT_SECTIONS;
    uint64_t end = TMODEL_HEADER_BYTES;
    for (int i = 0; i < TMODEL_N_SECTIONS; i++, at += 16) {
        struct tmodel_section section = {load_le64(at), load_le64(at + 8)};
        if (section.offset < end || section.offset > t->bytes.n ||
            section.size > t->bytes.n - section.offset)
            return TACIT_ERR_MODEL_DAMAGED;
        end = section.offset + section.size;
        t->layout.sections[i] = section;
    }
    const struct tmodel_section *weights = &t->layout.sections[TMODEL_WEIGHTS];
    bool fits = weights->offset % TMODEL_WEIGHTS_ALIGN == 0 && end == t->bytes.n;
    return fits ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static bool has_kinds(const struct tmodel *t)
{
    return load_le32(t->bytes.data + 8) == TMODEL_VERSION_KINDS;
}

/* Where the tensors begin in the weights. */
static uint64_t tensors_at(const struct tmodel *t, const struct lm_shape *shape)
{
    return has_kinds(t) ? tmodel_kinds_size(lm_n_tensors(shape)) : 0;
}

/* The handle without tensors; the weights have the size that the shape and the kinds ask for. */
static enum tacit_status create_model(struct tmodel *t, const struct lm_shape *shape)
{
    const struct tmodel_section *weights = &t->layout.sections[TMODEL_WEIGHTS];
    uint64_t begin = tensors_at(t, shape);
    if (weights->size < begin)
        return TACIT_ERR_MODEL_DAMAGED;
    const uint8_t *kinds = has_kinds(t) ? t->bytes.data + weights->offset : NULL;
    TRY(lm_model_create(&t->model, shape, kinds));
    bool fits = weights->size - begin == lm_model_memory_needed(shape, t->model->kinds);
    return fits ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static enum tacit_status check_content(const struct tmodel *t)
{
    struct hash128 hash =
        hash128(t->bytes.data + TMODEL_HEADER_BYTES, t->bytes.n - TMODEL_HEADER_BYTES);
    const uint8_t *at = t->bytes.data + TMODEL_AT_CONTENT_HASH;
    bool same = hash.low == load_le64(at) && hash.high == load_le64(at + 8);
    return same ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static struct lm_shape read_shape(const uint8_t *header)
{
    const uint8_t *at = header + TMODEL_AT_SHAPE;
    struct lm_shape shape;
#define LOAD_SIZE(name, smallest, largest) shape.name = load_le32(at), at += 4;
    LM_SHAPE_SIZES(LOAD_SIZE)
#define LOAD_FLOAT(name, smallest, largest) shape.name = strict_from_bits(load_le32(at)), at += 4;
    LM_SHAPE_FLOATS(LOAD_FLOAT)
    at = header + TMODEL_AT_SHAPE_MORE;
    LM_SHAPE_MORE_SIZES(LOAD_SIZE)
    LM_SHAPE_MORE_FLOATS(LOAD_FLOAT)
#undef LOAD_SIZE
#undef LOAD_FLOAT
    return shape;
}

static void release_copy(struct lm_model *model)
{
    free(model->memory);
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static void floats_from_file(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[4];
        memcpy(bytes, values + i, sizeof bytes);
        values[i] = strict_from_bits(load_le32(bytes));
    }
}

/* To the machine's byte order. */
static void tile_from_file(uint8_t *tile, struct tensor_tile_form form)
{
    for (uint8_t *at = tile + form.n_bytes; form.n_numbers > 0; form.n_numbers--) {
        if (form.number_bytes == 4) {
            uint32_t number = load_le32(at);
            memcpy(at, &number, sizeof number);
        } else {
            uint16_t number = load_le16(at);
            memcpy(at, &number, sizeof number);
        }
        at += form.number_bytes;
    }
}

static void tensor_from_file(struct tensor *tensor)
{
    if (tensor->n_rows == 0 && tensor->n_columns)
        floats_from_file(tensor->values, tensor->n_columns);
    for (size_t i = 0; tensor->n_rows && i < tensor_n_tiles(tensor); i++)
        tile_from_file(tensor_tile(tensor, i), tensor_tile_form(tensor->kind));
}

static enum tacit_status take_tensors(struct lm_model *model, bool convert)
{
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        struct tensor *tensor = lm_tensor_at(model, i);
        if (convert)
            tensor_from_file(tensor);
        if (!tensor_is_sound(tensor))
            return TACIT_ERR_MODEL_DAMAGED;
    }
    return TACIT_OK;
}

/* Uses the weights in place if the engine can use them as they lie, else copies them. */
static enum tacit_status place_weights(struct tmodel *t)
{
    struct lm_model *model = t->model;
    const struct tmodel_section *section = &t->layout.sections[TMODEL_WEIGHTS];
    size_t begin = (size_t)tensors_at(t, &model->shape);
    const uint8_t *weights = t->bytes.data + section->offset + begin;
    model->n_bytes = (size_t)section->size - begin;
    bool in_place = is_little_endian() && (uintptr_t)weights % ARENA_ALIGN == 0;
    if (in_place)
        model->memory = (uint8_t *)(uintptr_t)weights; /* never written */
    else {
        model->memory = aligned_alloc(ARENA_ALIGN, model->n_bytes);
        if (!model->memory)
            return TACIT_ERR_MEMORY;
        memcpy(model->memory, weights, model->n_bytes);
        model->release = release_copy;
    }
    struct arena arena = {model->memory, model->n_bytes, 0};
    lm_model_lay_out(model, &arena);
    return take_tensors(model, !is_little_endian());
}

static enum tacit_status open_bytes(struct tmodel *t)
{
    TRY(tmodel_check_header(t->bytes.data, t->bytes.n));
    struct lm_shape shape = read_shape(t->bytes.data);
    TRY(lm_shape_check(&shape));
    TRY(read_layout(t));
    TRY(check_content(t));
    TRY(create_model(t, &shape));
    memcpy(t->model->identity, t->bytes.data + TMODEL_AT_IDENTITY, LM_IDENTITY_BYTES);
    return place_weights(t);
}

enum tacit_status tmodel_open_memory(struct tmodel **out, const uint8_t *data, size_t n_bytes)
{
    *out = NULL;
    struct tmodel *t = calloc(1, sizeof *t);
    if (!t)
        return TACIT_ERR_MEMORY;
    t->bytes = (struct byte_view){data, n_bytes};
    enum tacit_status status = open_bytes(t);
    if (status == TACIT_OK)
        *out = t;
    else
        tmodel_close(t);
    return status;
}

enum tacit_status tmodel_open_file(struct tmodel **out, const char *path)
{
    struct file_bytes owned;
    *out = NULL;
    TRY(file_bytes_open(&owned, path));
    enum tacit_status status = tmodel_open_memory(out, owned.data, owned.n_bytes);
    if (status == TACIT_OK)
        (*out)->owned = owned;
    else
        file_bytes_close(&owned);
    return status;
}

enum tacit_status tmodel_check_identity(const struct tmodel *t)
{
    uint8_t identity[LM_IDENTITY_BYTES];
    lm_identity(t->model, identity);
    bool same = memcmp(identity, t->model->identity, sizeof identity) == 0;
    return same ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

void tmodel_close(struct tmodel *t)
{
    if (!t)
        return;
    lm_model_destroy(t->model);
    file_bytes_close(&t->owned);
    free(t);
}

const struct lm_model *tmodel_model(const struct tmodel *t)
{
    return t->model;
}

struct tmodel_text tmodel_text(const struct tmodel *t)
{
    struct byte_view views[TMODEL_WEIGHTS];
    for (int i = 0; i < TMODEL_WEIGHTS; i++)
        views[i] = (struct byte_view){t->bytes.data + t->layout.sections[i].offset,
                                      (size_t)t->layout.sections[i].size};
    return (struct tmodel_text){views[TMODEL_NAME], views[TMODEL_LICENCE], views[TMODEL_TOKENIZER]};
}
