/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks things up in an open GGUF file (gguf.h).
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "gguf/gguf_handle.h"

struct byte_view gguf_bytes(const struct gguf *gguf)
{
    return gguf->bytes;
}

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static int compare_key(const void *key, const void *value)
{
    return view_compare(*(const struct byte_view *)key, ((const struct gguf_value *)value)->key);
}

const struct gguf_value *gguf_find_value(const struct gguf *gguf, const char *key)
{
    struct byte_view view = view_of(key);
    return bsearch(&view, gguf->values, gguf->n_values, sizeof *gguf->values, compare_key);
}

static const struct gguf_value *find_typed(const struct gguf *gguf, const char *key,
                                           enum gguf_value_type type)
{
    const struct gguf_value *value = gguf_find_value(gguf, key);
    return value && value->type == type ? value : NULL;
}

/* A signed value below 0 becomes a value of 2^63 or more, which fits no narrower type. */
static bool integer_of(const struct gguf_value *value, uint64_t *integer)
{
    const uint8_t *p = value->data;
    switch (value->type) {
    case GGUF_U8:
        *integer = p[0];
        return true;
    case GGUF_I8:
        *integer = (uint64_t)(int8_t)p[0];
        return true;
    case GGUF_U16:
        *integer = load_le16(p);
        return true;
    case GGUF_I16:
        *integer = (uint64_t)(int16_t)load_le16(p);
        return true;
    case GGUF_U32:
        *integer = load_le32(p);
        return true;
    case GGUF_I32:
        *integer = (uint64_t)(int32_t)load_le32(p);
        return true;
    case GGUF_U64:
    case GGUF_I64:
        *integer = load_le64(p);
        return true;
    default:
        return false;
    }
}

bool gguf_get_u32(const struct gguf *gguf, const char *key, uint32_t *value)
{
    const struct gguf_value *found = gguf_find_value(gguf, key);
    uint64_t integer;
    if (!found || !integer_of(found, &integer) || integer > UINT32_MAX)
        return false;
    *value = (uint32_t)integer;
    return true;
}

bool gguf_get_f32(const struct gguf *gguf, const char *key, float *value)
{
    const struct gguf_value *found = find_typed(gguf, key, GGUF_FLOAT32);
    if (!found)
        return false;
    uint32_t bits = load_le32(found->data);
    memcpy(value, &bits, sizeof *value);
    return true;
}

bool gguf_get_bool(const struct gguf *gguf, const char *key, bool *value)
{
    const struct gguf_value *found = find_typed(gguf, key, GGUF_BOOL);
    if (!found)
        return false;
    *value = found->data[0] != 0;
    return true;
}

bool gguf_get_string(const struct gguf *gguf, const char *key, struct byte_view *value)
{
    const struct gguf_value *found = find_typed(gguf, key, GGUF_STRING);
    if (!found)
        return false;
    const uint8_t *cursor = found->data;
    *value = gguf_next_string(&cursor);
    return true;
}

bool gguf_get_array(const struct gguf *gguf, const char *key, struct gguf_array *value)
{
    const struct gguf_value *found = find_typed(gguf, key, GGUF_ARRAY);
    if (!found)
        return false;
    value->type = (enum gguf_value_type)load_le32(found->data);
    value->count = load_le64(found->data + 4);
    value->data = found->data + 12;
    return true;
}

struct byte_view gguf_next_string(const uint8_t **cursor)
{
    struct byte_view string = {*cursor + 8, (size_t)load_le64(*cursor)};
    *cursor += 8 + string.n;
    return string;
}

uint32_t gguf_n_values(const struct gguf *gguf)
{
    return gguf->n_values;
}

struct byte_view gguf_key(const struct gguf *gguf, uint32_t index)
{
    return gguf->values[index].key;
}

uint32_t gguf_n_tensors(const struct gguf *gguf)
{
    return gguf->n_tensors;
}

const struct gguf_tensor *gguf_tensor(const struct gguf *gguf, uint32_t index)
{
    return &gguf->tensors[index];
}

static int compare_name(const void *name, const void *entry)
{
    const struct gguf_tensor *const *tensor = entry;
    return view_compare(*(const struct byte_view *)name, (*tensor)->name);
}

const struct gguf_tensor *gguf_find_tensor(const struct gguf *gguf, const char *name)
{
    struct byte_view view = view_of(name);
    const struct gguf_tensor *const *found =
        bsearch(&view, gguf->by_name, gguf->n_tensors, sizeof *gguf->by_name, compare_name);
    return found ? *found : NULL;
}

enum tacit_status gguf_tensor_row(const struct gguf_tensor *tensor, uint64_t index, float *dst)
{
    return gguf_dequant(tensor->type, dst, tensor->data + index * tensor->row_bytes,
                        (size_t)(tensor->shape[0] / tensor->type->n_block));
}
