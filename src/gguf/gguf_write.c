/* SPDX-License-Identifier: Apache-2.0 */
#include "gguf/gguf_write.h"

#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "gguf/gguf_handle.h"

enum { VERSION = 3 };

static void put(struct gguf_draft *draft, struct byte_buffer *to, const void *data, size_t n)
{
    if (draft->status == TACIT_OK && n > 0)
        draft->status = byte_buffer_append(to, data, n);
}

static void put_u32(struct gguf_draft *draft, struct byte_buffer *to, uint32_t value)
{
    uint8_t bytes[4];
    store_le32(bytes, value);
    put(draft, to, bytes, sizeof bytes);
}

static void put_u64(struct gguf_draft *draft, struct byte_buffer *to, uint64_t value)
{
    uint8_t bytes[8];
    store_le64(bytes, value);
    put(draft, to, bytes, sizeof bytes);
}

static void put_string(struct gguf_draft *draft, struct byte_buffer *to, struct byte_view text)
{
    put_u64(draft, to, text.n);
    put(draft, to, text.data, text.n);
}

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static void begin_value(struct gguf_draft *draft, struct byte_view key, enum gguf_value_type type)
{
    put_string(draft, &draft->values, key);
    put_u32(draft, &draft->values, type);
    draft->n_values++;
}

void gguf_draft_u32(struct gguf_draft *draft, const char *key, uint32_t value)
{
    begin_value(draft, view_of(key), GGUF_U32);
    put_u32(draft, &draft->values, value);
}

void gguf_draft_f32(struct gguf_draft *draft, const char *key, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    begin_value(draft, view_of(key), GGUF_FLOAT32);
    put_u32(draft, &draft->values, bits);
}

void gguf_draft_bool(struct gguf_draft *draft, const char *key, bool value)
{
    uint8_t byte = value;
    begin_value(draft, view_of(key), GGUF_BOOL);
    put(draft, &draft->values, &byte, 1);
}

void gguf_draft_string(struct gguf_draft *draft, const char *key, struct byte_view value)
{
    begin_value(draft, view_of(key), GGUF_STRING);
    put_string(draft, &draft->values, value);
}

void gguf_draft_array(struct gguf_draft *draft, const char *key, enum gguf_value_type type,
                      uint64_t n)
{
    begin_value(draft, view_of(key), GGUF_ARRAY);
    put_u32(draft, &draft->values, type);
    put_u64(draft, &draft->values, n);
}

void gguf_draft_string_element(struct gguf_draft *draft, struct byte_view value)
{
    put_string(draft, &draft->values, value);
}

void gguf_draft_u32_element(struct gguf_draft *draft, uint32_t value)
{
    put_u32(draft, &draft->values, value);
}

void gguf_draft_copy(struct gguf_draft *draft, const struct gguf *gguf, uint32_t index)
{
    const struct gguf_value *value = &gguf->values[index];
    begin_value(draft, value->key, value->type);
    put(draft, &draft->values, value->data, value->n_bytes);
}

void gguf_draft_tensor(struct gguf_draft *draft, const char *name, const struct gguf_type *type,
                       uint64_t n_columns, uint64_t n_rows)
{
    put_string(draft, &draft->tensors, view_of(name));
    put_u32(draft, &draft->tensors, n_rows ? 2 : 1);
    put_u64(draft, &draft->tensors, n_columns);
    if (n_rows)
        put_u64(draft, &draft->tensors, n_rows);
    put_u32(draft, &draft->tensors, type->code);
    put_u64(draft, &draft->tensors, draft->n_data);
    uint64_t n_bytes = n_columns / type->n_block * type->block_bytes * (n_rows ? n_rows : 1);
    draft->n_data += n_bytes + gguf_padding(n_bytes);
    draft->n_tensors++;
}

enum tacit_status gguf_draft_head(const struct gguf_draft *draft, struct byte_buffer *head)
{
    struct gguf_draft out = {.n_values = 0};
    uint8_t zeros[GGUF_ALIGNMENT] = {0};
    TRY(draft->status);
    put(&out, head, "GGUF", 4);
    put_u32(&out, head, VERSION);
    put_u64(&out, head, draft->n_tensors);
    put_u64(&out, head, draft->n_values);
    put(&out, head, draft->values.data, draft->values.size);
    put(&out, head, draft->tensors.data, draft->tensors.size);
    put(&out, head, zeros, gguf_padding(head->size));
    return out.status;
}

enum tacit_status gguf_draft_write(const struct gguf_draft *draft, const char *path,
                                   gguf_data_fn *data, void *context)
{
    struct byte_buffer head = {0};
    struct file_replace out;
    enum tacit_status status = gguf_draft_head(draft, &head);
    if (status == TACIT_OK)
        status = file_replace_open(&out, path);
    if (status == TACIT_OK) {
        status = file_replace_write(&out, head.data, head.size);
        if (status == TACIT_OK)
            status = data(context, &out);
        if (status == TACIT_OK)
            status = file_replace_commit(&out);
        else
            file_replace_abandon(&out);
    }
    byte_buffer_free(&head);
    return status;
}

void gguf_draft_free(struct gguf_draft *draft)
{
    byte_buffer_free(&draft->values);
    byte_buffer_free(&draft->tensors);
}
