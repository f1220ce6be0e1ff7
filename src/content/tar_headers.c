/* SPDX-License-Identifier: Apache-2.0 */
#include "content/tar_headers.h"

#include <stdbool.h>
#include <string.h>

#include "base/try.h"

/* Of a header's fields, as POSIX calls them. */
enum { SIZE = 124, SIZE_DIGITS = 11 };

static bool is_header(const uint8_t *data)
{
    uint8_t field[TAR_CHKSUM_BYTES];
    if (!tar_is_marked(data))
        return false;
    tar_make_checksum(data, data[TAR_CHKSUM] == ' ' ? ' ' : '0', field);
    return memcmp(data + TAR_CHKSUM, field, TAR_CHKSUM_BYTES) == 0;
}

/* Where the first header at or behind from begins; n if there is none. */
static size_t find_header(const uint8_t *data, size_t n, size_t from)
{
    size_t at = from + TAR_MAGIC;
    while (at + TAR_BLOCK - TAR_MAGIC <= n) {
        const uint8_t *found = memchr(data + at, 'u', n - at);
        if (!found)
            break;
        at = (size_t)(found - data);
        if (at + TAR_BLOCK - TAR_MAGIC <= n && is_header(found - TAR_MAGIC))
            return at - TAR_MAGIC;
        at++;
    }
    return n;
}

/* Size of the file behind the header, 0 if the field has no such number. */
static uint64_t file_size(const uint8_t *header)
{
    uint64_t size = 0;
    unsigned i = SIZE;
    while (i < SIZE + SIZE_DIGITS && header[i] == ' ')
        i++;
    for (; i < SIZE + SIZE_DIGITS && (unsigned)(header[i] - '0') < 8; i++)
        size = size * 8 + (unsigned)(header[i] - '0');
    return size;
}

static uint32_t padding_of(uint64_t size)
{
    return (uint32_t)(-size % TAR_BLOCK);
}

static bool all_zero(const uint8_t *data, size_t n)
{
    while (n > 0 && data[n - 1] == 0)
        n--;
    return n == 0;
}

/* Whether the gap bytes behind the header are its file, filled up with zeros. */
static bool is_file(const uint8_t *header, size_t gap)
{
    uint64_t size = file_size(header);
    uint32_t padding = padding_of(size);
    return gap == size + padding && all_zero(header + TAR_BLOCK + size, padding);
}

void tar_headers_find(struct tar_headers *tar, const uint8_t *data, size_t n)
{
    size_t at = find_header(data, n, 0), next;
    tar->n_headers = tar->n_removed = tar->n_gaps = 0;
    tar->n_before = (uint32_t)at;
    for (; at < n; at = next) {
        tar->n_headers++;
        next = find_header(data, n, at + TAR_BLOCK);
        if (next == n)
            break;
        size_t gap = next - at - TAR_BLOCK;
        if (is_file(data + at, gap)) {
            tar->n_removed += padding_of(file_size(data + at));
        } else if (tar->n_gaps < TAR_GAPS_MAX) {
            tar->gaps[tar->n_gaps++] = (struct tar_gap){tar->n_headers - 1, (uint32_t)gap};
        } else {
            break; /* the bytes behind the last header stay */
        }
    }
}

/* How many bytes of content follow header number i, and how many zeros. next_gap: an index into the
 * list of gaps. */
static void measure_gap(const struct tar_headers *tar, uint32_t i, const uint8_t *header,
                        uint32_t *next_gap, uint64_t *n_content, uint32_t *n_zeros)
{
    bool listed = *next_gap < tar->n_gaps && tar->gaps[*next_gap].header == i;
    *n_content = listed ? tar->gaps[(*next_gap)++].n_bytes : file_size(header);
    *n_zeros = listed ? 0 : padding_of(*n_content);
}

void tar_headers_apply(const struct tar_headers *tar, const uint8_t *data, size_t n, uint8_t *out)
{
    size_t n_headers = (size_t)tar->n_headers * TAR_BLOCK;
    uint8_t *headers = out + n - tar->n_removed - n_headers, *to = headers;
    uint64_t n_content = tar->n_before;
    uint32_t next_gap = 0, n_zeros = 0;
    for (uint32_t i = 0; i < tar->n_headers; i++) {
        memcpy(out, data, (size_t)n_content);
        out += n_content;
        data += n_content + n_zeros;
        memcpy(to, data, TAR_BLOCK);
        memset(to + TAR_CHKSUM, data[TAR_CHKSUM] == ' ' ? ' ' : 0, TAR_CHKSUM_BYTES);
        measure_gap(tar, i, data, &next_gap, &n_content, &n_zeros);
        data += TAR_BLOCK;
        to += TAR_BLOCK;
    }
    memcpy(out, data, (size_t)(headers - out));
}

enum tacit_status tar_headers_restore(const struct tar_headers *tar, const uint8_t *data,
                                      uint8_t *out, size_t n)
{
    size_t n_headers = (size_t)tar->n_headers * TAR_BLOCK;
    if (tar->n_removed > n || n_headers > n - tar->n_removed)
        return TACIT_ERR_CORRUPT;
    const uint8_t *header = data + n - tar->n_removed - n_headers;
    size_t n_left = n - tar->n_removed - n_headers, n_zeros_left = tar->n_removed;
    uint64_t n_content = tar->n_before;
    uint32_t next_gap = 0, n_zeros = 0;
    for (uint32_t i = 0; i < tar->n_headers; i++, header += TAR_BLOCK) {
        if (n_content > n_left || n_zeros > n_zeros_left)
            return TACIT_ERR_CORRUPT;
        memcpy(out, data, (size_t)n_content);
        memset(out + n_content, 0, n_zeros);
        out += n_content + n_zeros;
        data += n_content;
        n_left -= (size_t)n_content;
        n_zeros_left -= n_zeros;
        memcpy(out, header, TAR_BLOCK);
        tar_make_checksum(header, header[TAR_CHKSUM] == ' ' ? ' ' : '0', out + TAR_CHKSUM);
        measure_gap(tar, i, header, &next_gap, &n_content, &n_zeros);
        out += TAR_BLOCK;
    }
    memcpy(out, data, n_left);
    return n_zeros_left == 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
}

size_t tar_headers_pack(uint8_t *out, const struct tar_headers *tar)
{
    size_t n = varint_put(out, tar->n_headers);
    if (tar->n_headers == 0)
        return n;
    n += varint_put(out + n, tar->n_before);
    n += varint_put(out + n, tar->n_removed);
    n += varint_put(out + n, tar->n_gaps);
    for (uint32_t i = 0; i < tar->n_gaps; i++) {
        n += varint_put(out + n, tar->gaps[i].header - (i > 0 ? tar->gaps[i - 1].header + 1 : 0));
        n += varint_put(out + n, tar->gaps[i].n_bytes);
    }
    return n;
}

enum tacit_status tar_headers_parse(struct varint_reader *r, uint32_t content_size,
                                    struct tar_headers *tar)
{
    uint32_t header = 0, skipped;
    tar->n_removed = 0;
    TRY(varint_read(r, &tar->n_headers));
    if (tar->n_headers == 0)
        return TACIT_OK;
    TRY(varint_read(r, &tar->n_before));
    TRY(varint_read(r, &tar->n_removed));
    TRY(varint_read(r, &tar->n_gaps));
    if (tar->n_headers > content_size / TAR_BLOCK ||
        tar->n_removed > content_size - tar->n_headers * TAR_BLOCK || tar->n_gaps > TAR_GAPS_MAX)
        return TACIT_ERR_CORRUPT;
    for (uint32_t i = 0; i < tar->n_gaps; i++) {
        TRY(varint_read(r, &skipped));
        TRY(varint_read(r, &tar->gaps[i].n_bytes));
        if (skipped >= tar->n_headers - 1 - header)
            return TACIT_ERR_CORRUPT;
        tar->gaps[i].header = header + skipped;
        header += skipped + 1;
    }
    return TACIT_OK;
}
