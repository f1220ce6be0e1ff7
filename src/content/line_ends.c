/* SPDX-License-Identifier: Apache-2.0 */
#include "content/line_ends.h"

#include <string.h>

#include "base/try.h"

/* A listed line costs a byte or two; a removed CR saves a few bits. */
enum { REMOVED_MIN = 16, REMOVED_PER_BARE = 16 };

void line_ends_find(struct line_ends *ends, const uint8_t *data, size_t n)
{
    uint32_t n_lines = 0;
    ends->n_removed = ends->n_bare = 0;
    for (const uint8_t *at = data; (at = memchr(at, '\n', n - (size_t)(at - data))); at++) {
        if (at > data && at[-1] == '\r') {
            ends->n_removed++;
        } else if (ends->n_bare < LINE_ENDS_BARE_MAX) {
            ends->bare[ends->n_bare++] = n_lines;
        } else {
            ends->n_removed = 0;
            return;
        }
        n_lines++;
    }
    if (ends->n_removed < REMOVED_MIN || ends->n_removed / REMOVED_PER_BARE < ends->n_bare)
        ends->n_removed = 0;
}

size_t line_ends_apply(const struct line_ends *ends, uint8_t *data, size_t n)
{
    size_t n_out = 0;
    if (ends->n_removed == 0)
        return n;
    for (size_t i = 0; i < n; i++)
        if (!(data[i] == '\r' && i + 1 < n && data[i + 1] == '\n'))
            data[n_out++] = data[i];
    return n_out;
}

static uint32_t count_lines(const uint8_t *data, size_t n)
{
    uint32_t n_lines = 0;
    for (size_t i = 0; i < n; i++)
        n_lines += data[i] == '\n';
    return n_lines;
}

enum tacit_status line_ends_restore(const struct line_ends *ends, uint8_t *data, size_t n)
{
    if (ends->n_removed == 0)
        return TACIT_OK;
    size_t from = n - ends->n_removed, to = n;
    uint32_t line = count_lines(data, from), n_bare = ends->n_bare;
    if (line < n_bare || line - n_bare != ends->n_removed ||
        (n_bare > 0 && ends->bare[n_bare - 1] >= line))
        return TACIT_ERR_CORRUPT;
    while (from < to) { /* from the end, where the room is */
        uint8_t byte = data[--from];
        data[--to] = byte;
        if (byte != '\n')
            continue;
        line--;
        if (n_bare > 0 && ends->bare[n_bare - 1] == line)
            n_bare--;
        else
            data[--to] = '\r';
    }
    return TACIT_OK;
}

size_t line_ends_pack(uint8_t *out, const struct line_ends *ends)
{
    size_t n = varint_put(out, ends->n_removed - 1);
    n += varint_put(out + n, ends->n_bare);
    for (uint32_t i = 0; i < ends->n_bare; i++)
        n += varint_put(out + n, i == 0 ? ends->bare[0] : ends->bare[i] - ends->bare[i - 1] - 1);
    return n;
}

enum tacit_status line_ends_parse(struct varint_reader *r, uint32_t content_size,
                                  struct line_ends *ends)
{
    uint32_t gap, n_lines = 0;
    TRY(varint_read(r, &ends->n_removed));
    TRY(varint_read(r, &ends->n_bare));
    if (content_size < 2 || ends->n_removed >= content_size / 2 ||
        ends->n_bare > LINE_ENDS_BARE_MAX)
        return TACIT_ERR_CORRUPT;
    ends->n_removed++;
    for (uint32_t i = 0; i < ends->n_bare; i++) {
        TRY(varint_read(r, &gap));
        if (gap >= content_size - n_lines)
            return TACIT_ERR_CORRUPT;
        ends->bare[i] = n_lines + gap;
        n_lines = ends->bare[i] + 1;
    }
    return TACIT_OK;
}
