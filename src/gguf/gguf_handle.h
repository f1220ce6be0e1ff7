/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a GGUF handle, shared by the reader (gguf_read.c) and the look-ups (gguf_query.c) alone.
 */
#ifndef TACIT_GGUF_GGUF_HANDLE_H
#define TACIT_GGUF_GGUF_HANDLE_H

#include "base/file_map.h"
#include "gguf/gguf.h"

struct gguf_value {
    struct byte_view key;
    enum gguf_value_type type;
    const uint8_t *data; /* the payload, known to lie inside the file */
};

struct gguf {
    struct file_map map; /* empty where the caller owns the bytes */
    struct byte_view bytes;
    uint32_t n_values, n_tensors;
    struct gguf_value *values;          /* [n_values], sorted by key */
    struct gguf_tensor *tensors;        /* [n_tensors], in the order of the file */
    const struct gguf_tensor **by_name; /* [n_tensors], sorted */
};

/* NULL where there is none. */
const struct gguf_value *gguf_find_value(const struct gguf *gguf, const char *key);

#endif
