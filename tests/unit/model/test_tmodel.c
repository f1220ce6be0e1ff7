/* SPDX-License-Identifier: Apache-2.0
 *
 * .tmodel files: what is read is what was written, wherever it lies in memory; every truncation and
 * any changed byte is noticed.
 */
#include "model/tmodel.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "check.h"
#include "engine/lm_identity.h"
#include "model/tmodel_layout.h"
#include "tiny_model.h"

struct buffer {
    uint8_t *data;
    size_t n, cap;
};

static enum tacit_status buffer_sink(void *context, const void *data, size_t n_bytes)
{
    struct buffer *b = context;
    if (n_bytes > b->cap - b->n)
        return TACIT_ERR_IO;
    memcpy(b->data + b->n, data, n_bytes);
    b->n += n_bytes;
    return TACIT_OK;
}

static struct byte_view view(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static void check_same(const struct buffer *file, const struct lm_model *model)
{
    struct tmodel *t;
    uint8_t identity[LM_IDENTITY_BYTES];
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_OK);
    lm_identity(tmodel_model(t), identity);
    CHECK(memcmp(identity, model->identity, sizeof identity) == 0);
    CHECK(memcmp(tmodel_model(t)->identity, identity, sizeof identity) == 0);
    CHECK(memcmp(&tmodel_model(t)->shape, &model->shape, sizeof model->shape) == 0);
    CHECK(view_equals(tmodel_text(t).name, "tiny"));
    CHECK(view_equals(tmodel_text(t).licence, "none"));
    CHECK(view_equals(tmodel_text(t).tokenizer, "the tokenizer's bytes"));
    tmodel_close(t);
}

static void check_damage(struct buffer *file)
{
    struct tmodel *t;
    for (size_t n = 0; n < file->n; n += n < 300 ? 1 : 997)
        CHECK_MSG(tmodel_open_memory(&t, file->data, n) != TACIT_OK && !t, "%zu bytes", n);
    for (size_t i = 0; i < file->n; i += i < 300 ? 1 : 991) {
        file->data[i] ^= 0x10;
        CHECK_MSG(tmodel_open_memory(&t, file->data, file->n) != TACIT_OK && !t, "byte %zu", i);
        file->data[i] ^= 0x10;
    }
}

/* The checksums of what it holds now. */
static void sign(struct buffer *file)
{
    struct hash_stream *stream;
    CHECK(hash_stream_create(&stream) == TACIT_OK);
    hash_stream_update(stream, file->data + TMODEL_HEADER_BYTES, file->n - TMODEL_HEADER_BYTES);
    struct hash128 hash = hash_stream_value(stream);
    hash_stream_destroy(stream);
    store_le64(file->data + TMODEL_AT_CONTENT_HASH, hash.low);
    store_le64(file->data + TMODEL_AT_CONTENT_HASH + 8, hash.high);
    store_le64(file->data + TMODEL_AT_HEADER_HASH, hash64(file->data, TMODEL_AT_HEADER_HASH, 0));
}

static void check_opens(const struct buffer *file)
{
    struct tmodel *t;
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_OK);
    tmodel_close(t);
}

static void fill_narrow(struct tensor *to, size_t index, uint32_t *state)
{
    for (size_t row = 0; row < to->n_rows; row++)
        for (size_t g = 0; g < to->n_columns / LM_GROUP; g++) {
            struct tensor_narrow_group values = {{0}, 61, (uint16_t)(0x3a00 + index)};
            for (size_t i = 0; i < LM_GROUP; i++)
                values.n[i] = (uint8_t)((*state = *state * 1664525 + 1013904223) >> 29);
            tensor_set_narrow(to, row, g, &values);
        }
}

/* An lm_fill_fn. */
static enum tacit_status fill(void *context, size_t index, const struct tensor *from,
                              struct tensor *to)
{
    uint32_t *state = context;
    (void)from;
    if (to->kind == TENSOR_NARROW3) {
        fill_narrow(to, index, state);
        return TACIT_OK;
    }
    for (size_t row = 0; row < to->n_rows; row++)
        for (size_t g = 0; g < to->n_columns / LM_INT4_GROUP; g++) {
            struct tensor_int4_group values = {{0}, (uint16_t)(0x1c00 + index), 0x9c01};
            for (size_t i = 0; i < LM_INT4_GROUP; i++)
                values.n[i] = (uint8_t)((*state = *state * 1664525 + 1013904223) >> 28);
            tensor_set_int4(to, row, g, &values);
        }
    return TACIT_OK;
}

/* Every other matrix has 4 bits, the last one too, or 3. */
static void convert_half(struct lm_model **model)
{
    static const uint8_t few[] = {TENSOR_INT4, TENSOR_INT8, TENSOR_NARROW3, TENSOR_INT8};
    struct lm_model *half;
    size_t n = lm_n_tensors(&(*model)->shape), n_matrices = 0;
    uint8_t *kinds = calloc(1, n);
    uint32_t state = 1;
    for (size_t i = n; i-- > 0;)
        if (lm_tensor_at(*model, i)->n_rows && lm_tensor_at(*model, i)->n_columns)
            kinds[i] = few[n_matrices++ % 4];
    CHECK(lm_model_convert(&half, *model, kinds, fill, &state) == TACIT_OK);
    CHECK(half->n_bytes < (*model)->n_bytes);
    CHECK(memcmp(half->identity, (*model)->identity, LM_IDENTITY_BYTES) != 0);
    free(kinds);
    lm_model_destroy(*model);
    *model = half;
}

/* Checksums that are right do not make kinds and numbers right. */
static void check_forged_kinds(struct buffer *file, const struct lm_model *model)
{
    struct tmodel *t;
    size_t kinds = 0;
    for (size_t i = 0; i < 8; i++)
        kinds |= (size_t)file->data[TMODEL_AT_SECTIONS + 16 * TMODEL_WEIGHTS + i] << 8 * i;
    size_t n = lm_n_tensors(&model->shape), last = n - 1, narrow = n - 1;
    while (lm_tensor_at(model, last)->kind != TENSOR_INT4)
        last--;
    while (lm_tensor_at(model, narrow)->kind != TENSOR_NARROW3)
        narrow--;
    const struct lm_tile_int4 *tile = (const void *)tensor_tile(lm_tensor_at(model, last), 0);
    const uint8_t *numbers =
        tensor_tile(lm_tensor_at(model, narrow), 0) + tensor_tile_form(TENSOR_NARROW3).n_bytes;
    size_t tensors = kinds + (size_t)tmodel_kinds_size(n);
    size_t scale = tensors + (size_t)((const uint8_t *)tile->scale - model->memory);
    size_t minimum = tensors + (size_t)((const uint8_t *)tile->minimum - model->memory);
    size_t narrow_scale = tensors + (size_t)(numbers - model->memory);
    const struct {
        size_t at;
        uint8_t value;
    } forged[] = {{kinds + n - 1, TENSOR_INT4},
                  {kinds, 9},
                  {kinds, 255},
                  {scale + 1, 0x7c},
                  {minimum + 1, 0xfc},
                  {narrow_scale - 1, 128},
                  {narrow_scale + 1, 0x7f},
                  {narrow_scale + 1, 0xba}};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        uint8_t was = file->data[forged[i].at];
        file->data[forged[i].at] = forged[i].value;
        sign(file);
        if (forged[i].value != was)
            CHECK_MSG(tmodel_open_memory(&t, file->data, file->n) != TACIT_OK && !t, "%zu", i);
        file->data[forged[i].at] = was;
    }
    store_le32(file->data + 8, 1);
    sign(file);
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_ERR_MODEL_DAMAGED && !t);
    store_le32(file->data + 8, 3);
    sign(file);
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_ERR_UNSUPPORTED && !t);
    store_le32(file->data + 8, 2);
    sign(file);
    check_opens(file);
}

/* A flag that nobody knows is refused; one that changes what is computed changes the identity. */
static void check_forged_flags(struct buffer *file, const struct lm_model *model)
{
    enum { AT_FLAGS = TMODEL_AT_SHAPE + 11 * 4 };
    struct tmodel *t;
    CHECK(load_le32(file->data + AT_FLAGS) == model->shape.flags);
    store_le32(file->data + AT_FLAGS, model->shape.flags | (LM_FLAGS_ALL + 1));
    sign(file);
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_ERR_UNSUPPORTED && !t);
    for (uint32_t flag = LM_WIDE_HEAD; flag <= LM_WIDE_LAYERS; flag *= 2) {
        store_le32(file->data + AT_FLAGS, model->shape.flags ^ flag);
        sign(file);
        CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_OK);
        CHECK(t && tmodel_check_identity(t) == TACIT_ERR_MODEL_DAMAGED);
        tmodel_close(t);
    }
    store_le32(file->data + AT_FLAGS, model->shape.flags);
    sign(file);
    check_opens(file);
}

static void check_model(const struct lm_shape *shape, bool with_kinds)
{
    struct lm_model *model;
    struct tmodel_text text = {view("tiny"), view("none"), view("the tokenizer's bytes")};
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    if (with_kinds)
        convert_half(&model);
    size_t cap = model->n_bytes + 8192;
    uint8_t *memory = aligned_alloc(4096, (cap + 64 + 4095) / 4096 * 4096);
    struct buffer file = {memory, 0, cap};
    CHECK(tmodel_write(model, &text, buffer_sink, &file) == TACIT_OK);
    check_same(&file, model);
    check_damage(&file);
    if (with_kinds)
        check_forged_kinds(&file, model);
    check_forged_flags(&file, model);
    memmove(memory + 3, memory, file.n);
    file.data = memory + 3;
    check_same(&file, model);
    struct buffer small = {memory, 0, file.n - 1};
    CHECK(tmodel_write(model, &text, buffer_sink, &small) == TACIT_ERR_IO);
    free(memory);
    lm_model_destroy(model);
}

#define SHAPE(name, ...) {__VA_ARGS__},

int main(void)
{
    static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_model(&shapes[i], false);
        check_model(&shapes[i], true);
    }
    return check_result();
}
