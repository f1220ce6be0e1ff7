/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a GGUF handle, shared by the reader (gguf_read.c), the look-ups (gguf_query.c) and the writer
 * (gguf_write.c) alone.
 */
#ifndef TACIT_GGUF_GGUF_HANDLE_H
#define TACIT_GGUF_GGUF_HANDLE_H

#include "base/file_bytes.h"
#include "gguf/gguf.h"

struct gguf_value {
    struct byte_view key;
    enum gguf_value_type type;
    const uint8_t *data; /* the payload, known to lie inside the file */
    size_t n_bytes;
};

struct gguf {
    struct file_bytes owned; /* empty where the caller owns the bytes */
    struct gguf **others;    /* [n_others] the further parts of a model in several files */
    uint32_t n_others;
    struct byte_view bytes;
    uint32_t n_values, n_tensors;
    struct gguf_value *values;          /* [n_values], sorted by key */
    struct gguf_tensor *tensors;        /* [n_tensors], in the order of the file */
    const struct gguf_tensor **by_name; /* [n_tensors], sorted */
};

/* NULL where there is none. */
const struct gguf_value *gguf_find_value(const struct gguf *gguf, const char *key);

/* Opens one file's bytes and takes them over. As gguf_open_file, but parts of a model are not
 * joined. */
enum tacit_status gguf_open_owned(struct gguf **gguf, struct file_bytes *owned,
                                  struct reason *reason);

/* Sorts by_name. TACIT_ERR_MODEL_DAMAGED: two tensors of one name. */
enum tacit_status gguf_sort_tensors(struct gguf *gguf);

/* Opens the further parts of the model whose first part lies at path, and adds their tensors. Does
 * nothing if the file is a whole model. TACIT_ERR_UNSUPPORTED: gguf is another part, or path does
 * not end as parts do; TACIT_ERR_MODEL_DAMAGED: a part is missing, or of another model;
 * TACIT_ERR_MEMORY. The caller closes gguf after a failure too. */
enum tacit_status gguf_join_parts(struct gguf *gguf, const char *path, struct reason *reason);

#endif
