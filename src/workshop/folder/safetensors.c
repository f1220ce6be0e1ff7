/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/folder/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "workshop/folder/json_file.h"

enum { HEAD_MAX = 100 << 20, FILES_MAX = 1000 };

/* Codes of GGUF's types. */
static const struct {
    const char *dtype;
    uint32_t code;
} types[] = {{"F32", 0}, {"F16", 1}, {"BF16", 30}};

static const struct gguf_type *find_type(const char *dtype)
{
    for (size_t i = 0; dtype && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].dtype, dtype) == 0)
            return gguf_type_find(types[i].code);
    return NULL;
}

static struct safetensor *add(struct safetensors *all, const char *name)
{
    if (all->n_tensors == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 256;
        struct safetensor *tensors = realloc(all->tensors, capacity * sizeof *tensors);
        if (!tensors)
            return NULL;
        all->tensors = tensors;
        all->capacity = capacity;
    }
    struct safetensor *t = &all->tensors[all->n_tensors];
    *t = (struct safetensor){.name = strdup(name)};
    all->n_tensors += t->name != NULL;
    return t->name ? t : NULL;
}

/* A size or an offset; false if it is none. */
static bool take_number(const json_t *value, uint64_t *n)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *n = (uint64_t)json_integer_value(value);
    return true;
}

/* One or two dimensions, the outer first. False if the shape is another, or too large. */
static bool take_shape(struct safetensor *t, const json_t *shape)
{
    enum { DIM_MAX = 1 << 28 };
    uint64_t sizes[2] = {0, 0};
    size_t n = json_array_size(shape);
    if (n < 1 || n > 2)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!take_number(json_array_get(shape, i), &sizes[i]) || sizes[i] == 0 ||
            sizes[i] > DIM_MAX)
            return false;
    t->n_rows = n == 2 ? sizes[0] : 0;
    t->n_columns = sizes[n - 1];
    return true;
}

static enum tacit_status add_tensor(struct safetensors *all, const char *name, const json_t *about,
                                    struct byte_view data, struct reason *reason)
{
    struct safetensor *t = add(all, name);
    const json_t *offsets = json_object_get(about, "data_offsets");
    const char *dtype = json_string_value(json_object_get(about, "dtype"));
    uint64_t begin = 0, end = 0;
    if (!t)
        return TACIT_ERR_MEMORY;
    t->type = find_type(dtype);
    if (!t->type)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "the tensor %s is of type %s; F32, F16 and BF16 can be read", name,
                           dtype ? dtype : "unknown");
    if (!take_shape(t, json_object_get(about, "shape")))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "the tensor %s has not one or two dimensions", name);
    bool fits = json_array_size(offsets) == 2 && take_number(json_array_get(offsets, 0), &begin) &&
                take_number(json_array_get(offsets, 1), &end) && begin <= end && end <= data.n;
    if (!fits || end - begin != safetensor_row_bytes(t) * (t->n_rows ? t->n_rows : 1))
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "the tensor %s lies outside its file",
                           name);
    t->data = data.data + begin;
    return TACIT_OK;
}

static enum tacit_status add_file(struct safetensors *all, const char *folder, const char *name,
                                  struct reason *reason)
{
    char path[FOLDER_PATH_MAX];
    struct file_bytes *file = &all->files[all->n_files];
    if (strchr(name, '/') || !folder_path(path, folder, name))
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "a part has the name %s", name);
    if (file_bytes_open(file, path) != TACIT_OK)
        return reason_give(reason, TACIT_ERR_IO, "%s cannot be read", name);
    all->n_files++;
    uint64_t n = file->n_bytes >= 8 ? load_le64(file->data) : UINT64_MAX;
    if (n > HEAD_MAX || n > file->n_bytes - 8)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is no safetensors file", name);
    json_t *head = json_loadb((const char *)file->data + 8, (size_t)n, 0, NULL), *about;
    const char *tensor;
    struct byte_view data = {file->data + 8 + n, file->n_bytes - 8 - (size_t)n};
    enum tacit_status status = TACIT_OK;
    if (!json_is_object(head))
        status = reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is no safetensors file", name);
    json_object_foreach(head, tensor,
                        about) if (status == TACIT_OK && strcmp(tensor, "__metadata__") != 0)
        status = add_tensor(all, tensor, about, data, reason);
    json_decref(head);
    return status;
}

static bool is_open(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* All files that the index names, each once. */
static enum tacit_status add_parts(struct safetensors *all, const char *folder, const json_t *index,
                                   struct reason *reason)
{
    const char *tensor, *names[FILES_MAX];
    json_t *map = json_object_get(index, "weight_map"), *file;
    size_t n = 0;
    json_object_foreach(map, tensor, file)
    {
        const char *name = json_string_value(file);
        if (!name || n == FILES_MAX)
            return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                               "model.safetensors.index.json names no files, or too many");
        if (!is_open(names, n, name))
            names[n++] = name;
    }
    all->files = calloc(n + 1, sizeof *all->files);
    if (!all->files)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(add_file(all, folder, names[i], reason));
    return TACIT_OK;
}

static enum tacit_status add_all(struct safetensors *all, const char *folder, struct reason *reason)
{
    json_t *index;
    if (folder_has(folder, "model.safetensors")) {
        all->files = calloc(1, sizeof *all->files);
        return all->files ? add_file(all, folder, "model.safetensors", reason) : TACIT_ERR_MEMORY;
    }
    if (!folder_has(folder, "model.safetensors.index.json"))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "there is no model.safetensors");
    TRY(json_file_read(&index, folder, "model.safetensors.index.json", reason));
    enum tacit_status status = add_parts(all, folder, index, reason);
    json_decref(index);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

enum tacit_status safetensors_open(struct safetensors *all, const char *folder,
                                   struct reason *reason)
{
    *all = (struct safetensors){NULL, 0, NULL, 0, 0};
    enum tacit_status status = add_all(all, folder, reason);
    if (status != TACIT_OK) {
        safetensors_close(all);
        return status;
    }
    if (all->n_tensors > 0)
        qsort(all->tensors, all->n_tensors, sizeof *all->tensors, by_name);
    return TACIT_OK;
}

void safetensors_close(struct safetensors *all)
{
    for (size_t i = 0; i < all->n_files; i++)
        file_bytes_close(&all->files[i]);
    for (size_t i = 0; i < all->n_tensors; i++)
        free(all->tensors[i].name);
    free(all->files);
    free(all->tensors);
    *all = (struct safetensors){NULL, 0, NULL, 0, 0};
}

struct safetensor *safetensors_find(const struct safetensors *all, const char *name)
{
    for (size_t low = 0, high = all->n_tensors; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, all->tensors[middle].name);
        if (order == 0)
            return &all->tensors[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
