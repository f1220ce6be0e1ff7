/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of GGUF model files, versions 2 and 3, little-endian.
 *
 * gguf_open_file or gguf_open_memory checks the whole of the file's structure: every count, length,
 * type, offset and name. All that the look-ups return afterwards lies inside the file, so they need
 * no status. Contents are not checked: strings may hold any bytes, numbers any value.
 *
 *     header:   "GGUF" | version u32 | n_tensors u64 | n_values u64
 *     value:    key string | type u32 | payload        (string: length u64 | bytes)
 *     array:    element type u32 | count u64 | elements; arrays of arrays are refused
 *     tensor:   name string | n_dims u32 | n_dims sizes u64, innermost first | type u32
 *               | offset u64
 *     data:     at the next multiple of general.alignment (32 unless given), from which the
 *               tensors' offsets count
 *
 * Opening costs time and memory in proportion to the metadata, not to the weights. Look-ups are by
 * binary search. Read-only after opening: threads may share a handle.
 */
#ifndef TACIT_GGUF_GGUF_H
#define TACIT_GGUF_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/view.h"
#include "gguf/gguf_dequant.h"
#include "tacit/status.h"

#define GGUF_DIMS_MAX 4

struct gguf;

struct gguf_tensor {
    struct byte_view name; /* 1 .. 127 printable ASCII characters */
    const struct gguf_type *type;
    uint32_t n_dims;               /* 1 .. GGUF_DIMS_MAX */
    uint64_t shape[GGUF_DIMS_MAX]; /* innermost first, each at least 1; 1 beyond n_dims */
    uint64_t n_rows;               /* product of shape[1 ..] */
    uint64_t row_bytes;            /* shape[0] values, a whole number of blocks */
    const uint8_t *data;           /* n_rows * row_bytes, rows without gaps, any alignment */
};

enum gguf_value_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_FLOAT32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_FLOAT64
};

/* An array of metadata: elements of one type, as they lie in the file. */
struct gguf_array {
    enum gguf_value_type type; /* not GGUF_ARRAY */
    uint64_t count;
    const uint8_t *data; /* read strings with gguf_next_string, others with load_le* */
};

/* Reads the file. If the file is NAME-00001-of-0000N.gguf, the first part of a model in several
 * files, all parts are read: the handle has the metadata of the first part and the tensors of all
 * parts, in memory until gguf_close. TACIT_ERR_IO (errno says why), TACIT_ERR_MEMORY,
 * TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED (version, byte order, a tensor type, or another
 * part than the first). On failure *gguf is NULL, and reason, unless NULL, tells what is not
 * supported; reason stays empty if the structure is broken. */
enum tacit_status gguf_open_file(struct gguf **gguf, const char *path, struct reason *reason);

/* The same for data[0 .. n_bytes), which must outlive the handle. */
enum tacit_status gguf_open_memory(struct gguf **gguf, const uint8_t *data, size_t n_bytes,
                                   struct reason *reason);

/* NULL is allowed. */
void gguf_close(struct gguf *gguf);

/* The file as opened, for hashing. */
struct byte_view gguf_bytes(const struct gguf *gguf);

/* Metadata. Each function returns false and leaves the result unchanged if the key is missing, or
 * its value has another type or does not fit. Integers of every width convert if the value is in
 * range; floats do not convert to or from integers. */
bool gguf_get_u32(const struct gguf *gguf, const char *key, uint32_t *value);
bool gguf_get_f32(const struct gguf *gguf, const char *key, float *value);
bool gguf_get_bool(const struct gguf *gguf, const char *key, bool *value);
bool gguf_get_string(const struct gguf *gguf, const char *key, struct byte_view *value);
bool gguf_get_array(const struct gguf *gguf, const char *key, struct gguf_array *value);

/* The string at *cursor; moves *cursor to the next string. Start with gguf_array.data; call at most
 * gguf_array.count times. */
struct byte_view gguf_next_string(const uint8_t **cursor);

/* Metadata in the order of the keys; index below gguf_n_values. */
uint32_t gguf_n_values(const struct gguf *gguf);
struct byte_view gguf_key(const struct gguf *gguf, uint32_t index);

/* Tensors in the order of the file; index below gguf_n_tensors. */
uint32_t gguf_n_tensors(const struct gguf *gguf);
const struct gguf_tensor *gguf_tensor(const struct gguf *gguf, uint32_t index);

/* NULL where there is none. */
const struct gguf_tensor *gguf_find_tensor(const struct gguf *gguf, const char *name);

/* Row index (below n_rows) of the tensor as shape[0] floats. TACIT_ERR_MODEL_DAMAGED as
 * gguf_dequant. */
enum tacit_status gguf_tensor_row(const struct gguf_tensor *tensor, uint64_t index, float *dst);

#endif
