/* SPDX-License-Identifier: Apache-2.0
 *
 * The tensors of a folder: model.safetensors, or the parts that model.safetensors.index.json names
 * (https://github.com/huggingface/safetensors, format). Each file is
 *
 *     n u64 | n bytes of JSON: {"NAME": {"dtype", "shape", "data_offsets": [begin, end]}, ...} | data
 *
 * All lengths and offsets are checked when a folder is opened.
 */
#ifndef TACIT_WORKSHOP_FOLDER_SAFETENSORS_H
#define TACIT_WORKSHOP_FOLDER_SAFETENSORS_H

#include "base/file_bytes.h"
#include "base/reason.h"
#include "gguf/gguf.h"

struct safetensor {
    char *name;
    const struct gguf_type *type; /* the same numbers in GGUF: F32, F16 or BF16 */
    uint64_t n_rows, n_columns;   /* n_rows 0: a vector */
    const uint8_t *data;
    bool is_used; /* the caller's note */
};

struct safetensors {
    struct file_bytes *files; /* [n_files] */
    size_t n_files;
    struct safetensor *tensors; /* [n_tensors], in the order of their names */
    size_t n_tensors, capacity;
};

/* Bytes of a row, or of a vector. */
static inline uint64_t safetensor_row_bytes(const struct safetensor *t)
{
    return t->n_columns / t->type->n_block * t->type->block_bytes;
}

/* TACIT_ERR_IO (errno), TACIT_ERR_MEMORY, TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED. On failure there is
 * nothing to close. */
enum tacit_status safetensors_open(struct safetensors *all, const char *folder,
                                   struct reason *reason);
void safetensors_close(struct safetensors *all);

/* NULL where there is none. */
struct safetensor *safetensors_find(const struct safetensors *all, const char *name);

#endif
