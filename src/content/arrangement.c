/* SPDX-License-Identifier: Apache-2.0 */
#include "content/arrangement.h"

#include <stdlib.h>

#include "base/try.h"
#include "content/speech_find.h"

enum { SPLIT_MAX = 1024 };

/* The headers are records, and always silent. */
static void add_headers(struct arrangement *a, size_t n_text, size_t n_headers)
{
    struct speech *speech = &a->speech;
    if (speech->n_segments == 0)
        speech->segments[speech->n_segments++] =
            (struct speech_segment){.n_bytes = (uint32_t)n_text};
    speech->segments[speech->n_segments++] =
        (struct speech_segment){true, {CONTENT_RECORDS, TAR_BLOCK, 0}, (uint32_t)n_headers};
}

/* data with its headers moved. */
static enum tacit_status move_headers(const struct arrangement *a, const uint8_t *data, size_t n,
                                      struct byte_buffer *moved)
{
    size_t n_moved = n - a->tar.n_removed;
    TRY(byte_buffer_reserve(moved, n_moved, n_moved));
    tar_headers_apply(&a->tar, data, n, moved->data);
    moved->size = n_moved;
    return TACIT_OK;
}

/* Without its headers, the data is split again. */
static enum tacit_status find_in_tar(struct arrangement *a, const uint8_t *data, size_t n)
{
    size_t n_headers = (size_t)a->tar.n_headers * TAR_BLOCK;
    size_t n_text = n - a->tar.n_removed - n_headers;
    struct content_segment *split = malloc(SPLIT_MAX * sizeof *split);
    struct byte_buffer moved = {0};
    enum tacit_status status = split ? move_headers(a, data, n, &moved) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        size_t n_split = content_split(moved.data, n_text, split, SPLIT_MAX);
        speech_find(&a->speech, moved.data, n_text, split, n_split);
        if (n_text > 0)
            add_headers(a, n_text, n_headers);
    }
    byte_buffer_free(&moved);
    free(split);
    return status;
}

enum tacit_status arrangement_find(struct arrangement *a, const uint8_t *data, size_t n,
                                   const struct content_segment *split, size_t n_split)
{
    tar_headers_find(&a->tar, data, n);
    if (a->tar.n_headers > 0)
        return find_in_tar(a, data, n);
    speech_find(&a->speech, data, n, split, n_split);
    return TACIT_OK;
}

enum tacit_status arrangement_apply(const struct arrangement *a, const uint8_t *data, size_t n,
                                    struct byte_buffer *arranged, size_t cap)
{
    struct byte_buffer moved = {0};
    enum tacit_status status = TACIT_OK;
    if (a->tar.n_headers > 0)
        status = move_headers(a, data, n, &moved);
    if (status == TACIT_OK)
        status = byte_buffer_reserve(arranged, cap, cap);
    if (status == TACIT_OK) {
        speech_apply(&a->speech, moved.data ? moved.data : data, arranged->data);
        arranged->size = n - a->tar.n_removed;
    }
    byte_buffer_free(&moved);
    return status;
}

static void exchange(struct byte_buffer *a, struct byte_buffer *b)
{
    struct byte_buffer was = *a;
    *a = *b;
    *b = was;
}

enum tacit_status arrangement_restore(const struct arrangement *a, struct byte_buffer *data,
                                      size_t n, size_t cap)
{
    struct byte_buffer other = {0};
    enum tacit_status status = byte_buffer_reserve(&other, cap, cap);
    if (status == TACIT_OK) {
        speech_restore(&a->speech, data->data, other.data);
        exchange(data, &other);
        data->size = n - a->tar.n_removed;
    }
    if (status == TACIT_OK && a->tar.n_headers > 0) {
        status = tar_headers_restore(&a->tar, data->data, other.data, n);
        exchange(data, &other);
        data->size = n;
    }
    byte_buffer_free(&other);
    return status;
}

size_t arrangement_pack(uint8_t *out, const struct arrangement *a)
{
    size_t n = tar_headers_pack(out, &a->tar);
    return n + speech_pack(out + n, &a->speech);
}

enum tacit_status arrangement_parse(struct varint_reader *r, uint32_t n, struct arrangement *a)
{
    TRY(tar_headers_parse(r, n, &a->tar));
    return speech_parse(r, n - a->tar.n_removed, &a->speech);
}
