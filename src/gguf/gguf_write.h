/* SPDX-License-Identifier: Apache-2.0
 *
 * Drafts the head of a GGUF file, version 3: values and tensors are added one by one, then the head is made. The data
 * follow it, tensor by tensor in the order of the draft, each filled up with zeros to a multiple of GGUF_ALIGNMENT.
 *
 *     struct gguf_draft draft = {0};
 *     gguf_draft_string(&draft, "general.architecture", ...); gguf_draft_tensor(&draft, ...); ...
 *     gguf_draft_head(&draft, &head); write head, then the data; gguf_draft_free(&draft);
 *
 * Adding never fails by itself: the first failure stays, and gguf_draft_head returns it. The caller
 * sees to it that no key and no tensor comes twice.
 */
#ifndef TACIT_GGUF_GGUF_WRITE_H
#define TACIT_GGUF_GGUF_WRITE_H

#include "base/byte_buffer.h"
#include "base/file_replace.h"
#include "gguf/gguf.h"

enum { GGUF_ALIGNMENT = 32 };

/* Zero-initialise it. */
struct gguf_draft {
    struct byte_buffer values, tensors; /* as they lie in the file */
    uint64_t n_values, n_tensors, n_data;
    enum tacit_status status;
};

void gguf_draft_u32(struct gguf_draft *draft, const char *key, uint32_t value);
void gguf_draft_f32(struct gguf_draft *draft, const char *key, float value);
void gguf_draft_bool(struct gguf_draft *draft, const char *key, bool value);
void gguf_draft_string(struct gguf_draft *draft, const char *key, struct byte_view value);

/* Begins an array of n elements, which gguf_draft_element adds: strings with their length before
 * them, integers as four bytes. */
void gguf_draft_array(struct gguf_draft *draft, const char *key, enum gguf_value_type type,
                      uint64_t n);
void gguf_draft_string_element(struct gguf_draft *draft, struct byte_view value);
void gguf_draft_u32_element(struct gguf_draft *draft, uint32_t value);

/* A value of another file, unchanged. */
void gguf_draft_copy(struct gguf_draft *draft, const struct gguf *gguf, uint32_t index);

/* n_rows 0: a vector. n_columns: a whole number of blocks. */
void gguf_draft_tensor(struct gguf_draft *draft, const char *name, const struct gguf_type *type,
                       uint64_t n_columns, uint64_t n_rows);

/* All that stands before the data. TACIT_ERR_MEMORY. */
enum tacit_status gguf_draft_head(const struct gguf_draft *draft, struct byte_buffer *head);

/* Writes a whole file: the head, then what `data` writes. On failure, which may be that of `data`, a file that was there
 * before is unchanged. TACIT_ERR_IO (errno), TACIT_ERR_MEMORY. */
typedef enum tacit_status gguf_data_fn(void *context, struct file_replace *out);
enum tacit_status gguf_draft_write(const struct gguf_draft *draft, const char *path,
                                   gguf_data_fn *data, void *context);

void gguf_draft_free(struct gguf_draft *draft);

/* Zeros behind n bytes. */
static inline size_t gguf_padding(uint64_t n)
{
    return (size_t)(-n % GGUF_ALIGNMENT);
}

#endif
