/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes small GGUF files into memory for tests, well-formed or not: each call appends one field.
 * Running out of room ends the test.
 */
#ifndef TACIT_TESTS_GGUF_WRITER_H
#define TACIT_TESTS_GGUF_WRITER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct gguf_writer {
    uint8_t *data;
    size_t n, cap;
};

static inline uint8_t *gw_room(struct gguf_writer *w, size_t n)
{
    if (n > w->cap - w->n)
        abort();
    w->n += n;
    return w->data + w->n - n;
}

static inline void gw_u8(struct gguf_writer *w, uint8_t value)
{
    *gw_room(w, 1) = value;
}

static inline void gw_u32(struct gguf_writer *w, uint32_t value)
{
    store_le32(gw_room(w, 4), value);
}

static inline void gw_u64(struct gguf_writer *w, uint64_t value)
{
    store_le64(gw_room(w, 8), value);
}

static inline void gw_bytes(struct gguf_writer *w, const void *data, size_t n)
{
    uint8_t *room = gw_room(w, n);
    if (n)
        memcpy(room, data, n);
}

static inline void gw_string(struct gguf_writer *w, const char *text)
{
    gw_u64(w, strlen(text));
    gw_bytes(w, text, strlen(text));
}

static inline void gw_header(struct gguf_writer *w, uint32_t version, uint64_t n_tensors,
                             uint64_t n_values)
{
    gw_bytes(w, "GGUF", 4);
    gw_u32(w, version);
    gw_u64(w, n_tensors);
    gw_u64(w, n_values);
}

/* The payload follows. */
static inline void gw_key(struct gguf_writer *w, const char *key, uint32_t type)
{
    gw_string(w, key);
    gw_u32(w, type);
}

/* The elements follow. */
static inline void gw_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t count)
{
    gw_key(w, key, 9);
    gw_u32(w, type);
    gw_u64(w, count);
}

/* A matrix of n_rows rows of n_columns values. */
static inline void gw_tensor(struct gguf_writer *w, const char *name, uint64_t n_columns,
                             uint64_t n_rows, uint32_t type, uint64_t offset)
{
    gw_string(w, name);
    gw_u32(w, 2);
    gw_u64(w, n_columns);
    gw_u64(w, n_rows);
    gw_u32(w, type);
    gw_u64(w, offset);
}

/* Zeros up to a multiple of alignment. */
static inline void gw_pad(struct gguf_writer *w, size_t alignment)
{
    while (w->n % alignment)
        gw_u8(w, 0);
}

#endif
