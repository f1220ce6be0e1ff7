/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts the headers of a tar archive behind the files' content: there each header stands above the
 * next, which differs little, and the files make one text. The zeros that fill up each file's last
 * block and the checksums are removed, since both follow from the headers. Headers that lie
 * elsewhere than the one before says (in a tar within a tar, behind data that was cut) are listed.
 * Linear time, reversible for any bytes.
 */
#ifndef TACIT_CONTENT_TAR_HEADERS_H
#define TACIT_CONTENT_TAR_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/varint.h"
#include "content/tar_field.h"
#include "tacit/status.h"

enum {
    TAR_GAPS_MAX = 256,
    TAR_HEADERS_BYTES_MAX = (4 + 2 * TAR_GAPS_MAX) * VARINT_MAX,
};

/* The bytes between a header and the next one, where their number is not the header's. */
struct tar_gap {
    uint32_t header;
    uint32_t n_bytes;
};

struct tar_headers {
    uint32_t n_headers; /* 0: the content is unchanged, and the other fields have no meaning */
    uint32_t n_before;  /* bytes in front of the first header */
    uint32_t n_removed; /* zeros */
    uint32_t n_gaps;
    struct tar_gap gaps[TAR_GAPS_MAX]; /* rising by header; the last header has none */
};

/* Finds headers of POSIX and GNU in data[0 .. n), n below 2^32. */
void tar_headers_find(struct tar_headers *tar, const uint8_t *data, size_t n);

/* Writes data[0 .. n), for which the headers were found, to out, n - n_removed bytes: content, then
 * headers. */
void tar_headers_apply(const struct tar_headers *tar, const uint8_t *data, size_t n, uint8_t *out);

/* Restores out[0 .. n) from data of n - n_removed bytes. TACIT_ERR_CORRUPT if data does not fit the
 * headers. */
enum tacit_status tar_headers_restore(const struct tar_headers *tar, const uint8_t *data,
                                      uint8_t *out, size_t n);

/* out: TAR_HEADERS_BYTES_MAX bytes. Returns the length. */
size_t tar_headers_pack(uint8_t *out, const struct tar_headers *tar);

/* content_size: with all headers in their places. TACIT_ERR_CORRUPT. */
enum tacit_status tar_headers_parse(struct varint_reader *r, uint32_t content_size,
                                    struct tar_headers *tar);

#endif
