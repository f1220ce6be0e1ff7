/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes .tmodel files (tmodel.h has their layout).
 */
#include "model/tmodel.h"

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "model/tmodel_layout.h"

struct output {
    tmodel_sink *sink;
    void *context;
};

static enum tacit_status put(struct output *out, const void *data, size_t n)
{
    return n ? out->sink(out->context, data, n) : TACIT_OK;
}

static enum tacit_status put_zeros(struct output *out, uint64_t n)
{
    static const uint8_t zeros[TMODEL_WEIGHTS_ALIGN];
    return put(out, zeros, (size_t)n);
}

static enum tacit_status put_values(struct output *out, const float *values, size_t n)
{
    uint8_t bytes[4 * KERNEL_LANES];
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        for (size_t j = 0; j < KERNEL_LANES; j++)
            store_le32(bytes + 4 * j, i + j < n ? strict_to_bits(values[i + j]) : 0);
        TRY(put(out, bytes, sizeof bytes));
    }
    return TACIT_OK;
}

static enum tacit_status put_numbers(struct output *out, const uint8_t *numbers,
                                     struct tensor_tile_form form)
{
    uint8_t bytes[TENSOR_TILE_NUMBERS_MAX];
    for (size_t i = 0; i < form.n_numbers * form.number_bytes; i += form.number_bytes) {
        uint32_t wide;
        uint16_t narrow;
        if (form.number_bytes == sizeof wide) {
            memcpy(&wide, numbers + i, sizeof wide);
            store_le32(bytes + i, wide);
        } else {
            memcpy(&narrow, numbers + i, sizeof narrow);
            store_le16(bytes + i, narrow);
        }
    }
    return put(out, bytes, form.n_numbers * form.number_bytes);
}

static enum tacit_status put_tensor(struct output *out, const struct tensor *tensor)
{
    if (tensor->n_rows == 0)
        return put_values(out, tensor->values, tensor->n_columns);
    const struct tensor_tile_form form = tensor_tile_form(tensor->kind);
    for (size_t i = 0; i < tensor_n_tiles(tensor); i++) {
        const uint8_t *tile = tensor_tile(tensor, i);
        TRY(put(out, tile, form.n_bytes));
        TRY(put_numbers(out, tile + form.n_bytes, form));
    }
    size_t n = tensor_n_tiles(tensor) * (form.n_bytes + form.n_numbers * form.number_bytes);
    return put_zeros(out, (ARENA_ALIGN - n % ARENA_ALIGN) % ARENA_ALIGN);
}

/* All that follows the header. */
static enum tacit_status put_content(struct output *out, const struct lm_model *model,
                                     const struct tmodel_text *text,
                                     const struct tmodel_layout *layout)
{
    TRY(put(out, text->name.data, text->name.n));
    TRY(put(out, text->licence.data, text->licence.n));
    TRY(put(out, text->tokenizer.data, text->tokenizer.n));
    const struct tmodel_section *last = &layout->sections[TMODEL_TOKENIZER];
    TRY(put_zeros(out, layout->sections[TMODEL_WEIGHTS].offset - last->offset - last->size));
    size_t n = lm_n_tensors(&model->shape);
    if (model->kinds) {
        TRY(put(out, model->kinds, n));
        TRY(put_zeros(out, tmodel_kinds_size(n) - n));
    }
    for (size_t i = 0; i < n; i++)
        TRY(put_tensor(out, lm_tensor_at(model, i)));
    return TACIT_OK;
}

static enum tacit_status lay_out(struct tmodel_layout *layout, const struct lm_model *model,
                                 const struct tmodel_text *text)
{
    uint64_t sizes[TMODEL_N_SECTIONS] = {text->name.n, text->licence.n, text->tokenizer.n,
                                         lm_model_memory_needed(&model->shape, model->kinds)};
    if (model->kinds)
        sizes[TMODEL_WEIGHTS] += tmodel_kinds_size(lm_n_tensors(&model->shape));
    uint64_t at = TMODEL_HEADER_BYTES;
    for (int i = 0; i < TMODEL_N_SECTIONS; i++) {
        if (i < TMODEL_WEIGHTS && sizes[i] > UINT32_MAX)
            return TACIT_ERR_ARGUMENT;
        if (i == TMODEL_WEIGHTS)
            at = (at + TMODEL_WEIGHTS_ALIGN - 1) / TMODEL_WEIGHTS_ALIGN * TMODEL_WEIGHTS_ALIGN;
        layout->sections[i] = (struct tmodel_section){at, sizes[i]};
        at += sizes[i];
    }
    layout->file_size = at;
    return TACIT_OK;
}

enum tacit_status tmodel_size(uint64_t *n_bytes, const struct lm_shape *shape, uint8_t *kinds,
                              const struct tmodel_text *text)
{
    struct lm_model model = {.shape = *shape, .kinds = kinds};
    struct tmodel_layout layout;
    TRY(lay_out(&layout, &model, text));
    *n_bytes = layout.file_size;
    return TACIT_OK;
}

static void make_header(uint8_t header[TMODEL_HEADER_BYTES], const struct lm_model *model,
                        const struct tmodel_layout *layout, struct hash128 content)
{
    memset(header, 0, TMODEL_HEADER_BYTES);
    memcpy(header, TMODEL_MAGIC, 8);
    store_le32(header + 8, model->kinds ? TMODEL_VERSION_KINDS : TMODEL_VERSION);
    store_le32(header + 12, TMODEL_HEADER_BYTES);
    store_le64(header + 16, layout->file_size);
    for (size_t i = 0; i < TMODEL_N_SECTIONS; i++) {
        store_le64(header + TMODEL_AT_SECTIONS + 16 * i, layout->sections[i].offset);
        store_le64(header + TMODEL_AT_SECTIONS + 16 * i + 8, layout->sections[i].size);
    }
    store_le64(header + TMODEL_AT_CONTENT_HASH, content.low);
    store_le64(header + TMODEL_AT_CONTENT_HASH + 8, content.high);
    uint8_t *at = header + TMODEL_AT_SHAPE;
#define STORE_SIZE(name, smallest, largest) store_le32(at, model->shape.name), at += 4;
    LM_SHAPE_SIZES(STORE_SIZE)
#define STORE_FLOAT(name, smallest, largest)                                                       \
    store_le32(at, strict_to_bits(model->shape.name)), at += 4;
    LM_SHAPE_FLOATS(STORE_FLOAT)
    at = header + TMODEL_AT_SHAPE_MORE;
    LM_SHAPE_MORE_SIZES(STORE_SIZE)
    LM_SHAPE_MORE_FLOATS(STORE_FLOAT)
#undef STORE_SIZE
#undef STORE_FLOAT
    memcpy(header + TMODEL_AT_IDENTITY, model->identity, LM_IDENTITY_BYTES);
    store_le64(header + TMODEL_AT_HEADER_HASH, hash64(header, TMODEL_AT_HEADER_HASH, 0));
}

static enum tacit_status hash_sink(void *context, const void *data, size_t n_bytes)
{
    hash_stream_update(context, data, n_bytes);
    return TACIT_OK;
}

enum tacit_status tmodel_write(const struct lm_model *model, const struct tmodel_text *text,
                               tmodel_sink *sink, void *context)
{
    struct tmodel_layout layout;
    struct hash_stream *stream;
    uint8_t header[TMODEL_HEADER_BYTES];
    TRY(lay_out(&layout, model, text));
    TRY(hash_stream_create(&stream));
    struct output hashed = {hash_sink, stream}, out = {sink, context};
    put_content(&hashed, model, text, &layout); /* this sink never fails */
    make_header(header, model, &layout, hash_stream_value(stream));
    hash_stream_destroy(stream);
    TRY(put(&out, header, sizeof header));
    return put_content(&out, model, text, &layout);
}
