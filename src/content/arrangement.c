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

/* Without its headers, data is split anew. */
static enum tacit_status make_of_tar(struct arrangement *a, const uint8_t *data, size_t n,
                                     struct byte_buffer *moved)
{
    size_t n_moved = n - a->tar.n_removed, n_headers = (size_t)a->tar.n_headers * TAR_BLOCK;
    size_t n_text = n_moved - n_headers;
    struct content_segment *split = malloc(SPLIT_MAX * sizeof *split);
    enum tacit_status status =
        split ? byte_buffer_reserve(moved, n_moved, n_moved) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        tar_headers_apply(&a->tar, data, n, moved->data);
        moved->size = n_moved;
        size_t n_split = content_split(moved->data, n_text, split, SPLIT_MAX);
        speech_find(&a->speech, moved->data, n_text, split, n_split);
        if (n_text > 0)
            add_headers(a, n_text, n_headers);
    }
    free(split);
    return status;
}

enum tacit_status arrangement_make(struct arrangement *a, const uint8_t *data, size_t n,
                                   const struct content_segment *split, size_t n_split,
                                   struct byte_buffer *arranged)
{
    struct byte_buffer moved = {0};
    enum tacit_status status = TACIT_OK;
    *arranged = (struct byte_buffer){0};
    tar_headers_find(&a->tar, data, n);
    if (a->tar.n_headers > 0)
        status = make_of_tar(a, data, n, &moved);
    else
        speech_find(&a->speech, data, n, split, n_split);
    size_t n_arranged = n - a->tar.n_removed;
    if (status == TACIT_OK && a->speech.n_segments > 0)
        status = byte_buffer_reserve(arranged, n_arranged, n_arranged);
    if (status == TACIT_OK && a->speech.n_segments > 0) {
        speech_apply(&a->speech, moved.data ? moved.data : data, arranged->data);
        arranged->size = n_arranged;
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
                                      struct byte_buffer *scratch, size_t n)
{
    speech_restore(&a->speech, data->data, scratch->data);
    exchange(data, scratch);
    if (a->tar.n_headers == 0)
        return TACIT_OK;
    enum tacit_status status = tar_headers_restore(&a->tar, data->data, scratch->data, n);
    exchange(data, scratch);
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
