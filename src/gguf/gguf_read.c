/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens a GGUF file: reads and checks its whole structure (gguf.h).
 */
#include "gguf/gguf.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/try.h"
#include "gguf/gguf_handle.h"

#define KEY_BYTES_MAX    65535
#define NAME_BYTES_MAX   127
#define ALIGNMENT_MAX    (1u << 20)
#define VALUE_BYTES_MIN  14 /* key of one byte, type, one byte of payload */
#define TENSOR_BYTES_MIN 33 /* name of one byte, one dimension */

/* A position in the file that cannot move beyond the file. */
struct reader {
    const uint8_t *data;
    size_t n, pos;
    struct reason *reason;
};

static enum tacit_status take(struct reader *r, uint64_t n_bytes, const uint8_t **p)
{
    if (n_bytes > r->n - r->pos)
        return TACIT_ERR_MODEL_DAMAGED;
    *p = r->data + r->pos;
    r->pos += (size_t)n_bytes;
    return TACIT_OK;
}

static enum tacit_status take_u32(struct reader *r, uint32_t *value)
{
    const uint8_t *p;
    TRY(take(r, 4, &p));
    *value = load_le32(p);
    return TACIT_OK;
}

static enum tacit_status take_u64(struct reader *r, uint64_t *value)
{
    const uint8_t *p;
    TRY(take(r, 8, &p));
    *value = load_le64(p);
    return TACIT_OK;
}

static enum tacit_status take_string(struct reader *r, struct byte_view *string)
{
    uint64_t n;
    TRY(take_u64(r, &n));
    TRY(take(r, n, &string->data));
    string->n = (size_t)n;
    return TACIT_OK;
}

/* Keys and tensor names: printable ASCII without spaces, so that they can be shown and compared. */
static enum tacit_status take_name(struct reader *r, size_t n_max, struct byte_view *name)
{
    TRY(take_string(r, name));
    if (name->n == 0 || name->n > n_max)
        return TACIT_ERR_MODEL_DAMAGED;
    for (size_t i = 0; i < name->n; i++)
        if (name->data[i] <= ' ' || name->data[i] > '~')
            return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

/* Bytes of a value of fixed size; 0 for strings, arrays and unknown types. */
static uint64_t scalar_bytes(uint32_t type)
{
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

/* Moves past count values of one type. */
static enum tacit_status skip_payload(struct reader *r, uint32_t type, uint64_t count)
{
    const uint8_t *p;
    if (type == GGUF_STRING) {
        struct byte_view string;
        for (uint64_t i = 0; i < count; i++)
            TRY(take_string(r, &string)); /* each element takes 8 bytes or more, so that the file
                                             bounds count */
        return TACIT_OK;
    }
    uint64_t size = scalar_bytes(type);
    if (size == 0 || count > r->n / size)
        return TACIT_ERR_MODEL_DAMAGED;
    TRY(take(r, count * size, &p));
    if (type == GGUF_BOOL)
        for (uint64_t i = 0; i < count; i++)
            if (p[i] > 1)
                return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

static enum tacit_status skip_value(struct reader *r, uint32_t type)
{
    uint32_t element_type;
    uint64_t count;
    if (type != GGUF_ARRAY)
        return skip_payload(r, type, 1);
    TRY(take_u32(r, &element_type));
    TRY(take_u64(r, &count));
    return skip_payload(r, element_type, count);
}

static enum tacit_status read_value(struct reader *r, struct gguf_value *value)
{
    uint32_t type;
    TRY(take_name(r, KEY_BYTES_MAX, &value->key));
    TRY(take_u32(r, &type));
    if (type > GGUF_FLOAT64)
        return TACIT_ERR_MODEL_DAMAGED;
    value->type = (enum gguf_value_type)type;
    value->data = r->data + r->pos;
    TRY(skip_value(r, type));
    value->n_bytes = (size_t)(r->data + r->pos - value->data);
    return TACIT_OK;
}

static int compare_values(const void *a, const void *b)
{
    return view_compare(((const struct gguf_value *)a)->key, ((const struct gguf_value *)b)->key);
}

static enum tacit_status read_values(struct reader *r, struct gguf *gguf, uint64_t n_values)
{
    if (n_values > (r->n - r->pos) / VALUE_BYTES_MIN || n_values > UINT32_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    gguf->values = calloc((size_t)n_values + 1, sizeof *gguf->values);
    if (!gguf->values)
        return TACIT_ERR_MEMORY;
    for (uint64_t i = 0; i < n_values; i++)
        TRY(read_value(r, &gguf->values[i]));
    gguf->n_values = (uint32_t)n_values;
    qsort(gguf->values, gguf->n_values, sizeof *gguf->values, compare_values);
    for (uint32_t i = 1; i < gguf->n_values; i++)
        if (compare_values(&gguf->values[i - 1], &gguf->values[i]) == 0)
            return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

/* Reads the tensor's sizes. None of them overflows: n_rows * row_bytes fits 63 bits. */
static enum tacit_status read_shape(struct reader *r, struct gguf_tensor *tensor)
{
    uint32_t code;
    TRY(take_u32(r, &tensor->n_dims));
    if (tensor->n_dims == 0 || tensor->n_dims > GGUF_DIMS_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    for (uint32_t i = 0; i < GGUF_DIMS_MAX; i++) {
        tensor->shape[i] = 1;
        if (i < tensor->n_dims)
            TRY(take_u64(r, &tensor->shape[i]));
        if (tensor->shape[i] == 0 || tensor->shape[i] > INT64_MAX / 256)
            return TACIT_ERR_MODEL_DAMAGED;
    }
    TRY(take_u32(r, &code));
    tensor->type = gguf_type_find(code);
    if (!tensor->type)
        return reason_give(r->reason, TACIT_ERR_UNSUPPORTED,
                           "tensor %.*s has type %u, which is not known", (int)tensor->name.n,
                           (const char *)tensor->name.data, (unsigned)code);
    if (tensor->shape[0] % tensor->type->n_block != 0)
        return TACIT_ERR_MODEL_DAMAGED;
    tensor->row_bytes = tensor->shape[0] / tensor->type->n_block * tensor->type->block_bytes;
    tensor->n_rows = 1;
    for (uint32_t i = 1; i < GGUF_DIMS_MAX; i++) {
        if (tensor->shape[i] > (uint64_t)INT64_MAX / tensor->row_bytes / tensor->n_rows)
            return TACIT_ERR_MODEL_DAMAGED;
        tensor->n_rows *= tensor->shape[i];
    }
    return TACIT_OK;
}

static int compare_tensors(const void *a, const void *b)
{
    const struct gguf_tensor *const *x = a, *const *y = b;
    return view_compare((*x)->name, (*y)->name);
}

enum tacit_status gguf_sort_tensors(struct gguf *gguf)
{
    qsort(gguf->by_name, gguf->n_tensors, sizeof *gguf->by_name, compare_tensors);
    for (uint32_t i = 1; i < gguf->n_tensors; i++)
        if (view_compare(gguf->by_name[i - 1]->name, gguf->by_name[i]->name) == 0)
            return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

/* Reads the tensors' descriptions; offsets[i] receives the offset of tensor i's data that the file
 * states. */
static enum tacit_status read_tensors(struct reader *r, struct gguf *gguf, uint64_t *offsets)
{
    for (uint32_t i = 0; i < gguf->n_tensors; i++) {
        struct gguf_tensor *tensor = &gguf->tensors[i];
        TRY(take_name(r, NAME_BYTES_MAX, &tensor->name));
        TRY(read_shape(r, tensor));
        TRY(take_u64(r, &offsets[i]));
        gguf->by_name[i] = tensor;
    }
    return gguf_sort_tensors(gguf);
}

static enum tacit_status place_tensors(struct reader *r, struct gguf *gguf, const uint64_t *offsets)
{
    uint32_t alignment = 32;
    const char *key = "general.alignment";
    if (gguf_find_value(gguf, key) && !gguf_get_u32(gguf, key, &alignment))
        return TACIT_ERR_MODEL_DAMAGED;
    if (alignment == 0 || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)) != 0)
        return TACIT_ERR_MODEL_DAMAGED;
    if (gguf->n_tensors == 0)
        return TACIT_OK;
    const uint8_t *padding;
    TRY(take(r, -r->pos & (alignment - 1), &padding));
    uint64_t n_data = r->n - r->pos;
    for (uint32_t i = 0; i < gguf->n_tensors; i++) {
        struct gguf_tensor *tensor = &gguf->tensors[i];
        uint64_t n_bytes = tensor->n_rows * tensor->row_bytes;
        if (offsets[i] % alignment != 0 || offsets[i] > n_data || n_bytes > n_data - offsets[i])
            return TACIT_ERR_MODEL_DAMAGED;
        tensor->data = r->data + r->pos + offsets[i];
    }
    return TACIT_OK;
}

static enum tacit_status read_header(struct reader *r, uint64_t *n_tensors, uint64_t *n_values)
{
    const uint8_t *magic;
    uint32_t version;
    TRY(take(r, 4, &magic));
    if (memcmp(magic, "GGUF", 4) != 0)
        return reason_give(r->reason, TACIT_ERR_MODEL_DAMAGED, "not a GGUF file");
    TRY(take_u32(r, &version));
    if (version >= 1u << 24)
        return reason_give(r->reason, TACIT_ERR_UNSUPPORTED,
                           "a big-endian GGUF file; a little-endian one is needed");
    if (version != 2 && version != 3)
        return reason_give(r->reason, TACIT_ERR_UNSUPPORTED,
                           "GGUF version %u; versions 2 and 3 can be read", (unsigned)version);
    TRY(take_u64(r, n_tensors));
    return take_u64(r, n_values);
}

static enum tacit_status read_file(struct reader *r, struct gguf *gguf)
{
    uint64_t n_tensors = 0, n_values = 0;
    TRY(read_header(r, &n_tensors, &n_values));
    TRY(read_values(r, gguf, n_values));
    if (n_tensors > (r->n - r->pos) / TENSOR_BYTES_MIN || n_tensors > UINT32_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    gguf->n_tensors = (uint32_t)n_tensors;
    gguf->tensors = calloc(gguf->n_tensors + (size_t)1, sizeof *gguf->tensors);
    gguf->by_name = calloc(gguf->n_tensors + (size_t)1, sizeof *gguf->by_name);
    uint64_t *offsets = calloc(gguf->n_tensors + (size_t)1, sizeof *offsets);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (gguf->tensors && gguf->by_name && offsets)
        status = read_tensors(r, gguf, offsets);
    if (status == TACIT_OK)
        status = place_tensors(r, gguf, offsets);
    free(offsets);
    return status;
}

/* Takes over *owned, which is empty if the caller owns the bytes. */
static enum tacit_status open_bytes(struct gguf **out, struct byte_view bytes,
                                    struct file_bytes *owned, struct reason *reason)
{
    struct gguf *gguf = calloc(1, sizeof *gguf);
    if (!gguf) {
        file_bytes_close(owned);
        return TACIT_ERR_MEMORY;
    }
    gguf->owned = *owned;
    gguf->bytes = bytes;
    struct reader reader = {.data = bytes.data, .n = bytes.n, .reason = reason};
    enum tacit_status status = read_file(&reader, gguf);
    if (status == TACIT_OK) {
        *out = gguf;
        return TACIT_OK;
    }
    gguf_close(gguf);
    return status;
}

enum tacit_status gguf_open_memory(struct gguf **gguf, const uint8_t *data, size_t n_bytes,
                                   struct reason *reason)
{
    struct file_bytes none = {0};
    *gguf = NULL;
    return open_bytes(gguf, (struct byte_view){data, n_bytes}, &none, reason);
}

enum tacit_status gguf_open_owned(struct gguf **gguf, struct file_bytes *owned,
                                  struct reason *reason)
{
    *gguf = NULL;
    return open_bytes(gguf, (struct byte_view){owned->data, owned->n_bytes}, owned, reason);
}

enum tacit_status gguf_open_file(struct gguf **gguf, const char *path, struct reason *reason)
{
    struct file_bytes owned;
    *gguf = NULL;
    TRY(file_bytes_open(&owned, path));
    TRY(gguf_open_owned(gguf, &owned, reason));
    enum tacit_status status = gguf_join_parts(*gguf, path, reason);
    if (status != TACIT_OK) {
        gguf_close(*gguf);
        *gguf = NULL;
    }
    return status;
}

void gguf_close(struct gguf *gguf)
{
    if (!gguf)
        return;
    for (uint32_t i = 0; i < gguf->n_others; i++)
        gguf_close(gguf->others[i]);
    free(gguf->others);
    file_bytes_close(&gguf->owned);
    free(gguf->values);
    free(gguf->tensors);
    free(gguf->by_name);
    free(gguf);
}
