/* SPDX-License-Identifier: Apache-2.0
 *
 * Content put into another order, so that a language model reads text and nothing else: first the
 * headers of tar archives go behind all files (tar_headers.h), then what is silent behind what is
 * spoken (speech.h).
 */
#ifndef TACIT_CONTENT_ARRANGEMENT_H
#define TACIT_CONTENT_ARRANGEMENT_H

#include "base/byte_buffer.h"
#include "content/speech.h"
#include "content/tar_headers.h"

enum { ARRANGEMENT_BYTES_MAX = TAR_HEADERS_BYTES_MAX + SPEECH_BYTES_MAX };

struct arrangement {
    struct tar_headers tar;
    struct speech speech; /* n_segments 0: nothing is arranged */
};

/* Finds what there is to arrange in data[0 .. n), split by content_split. TACIT_ERR_MEMORY. */
enum tacit_status arrangement_find(struct arrangement *arrangement, const uint8_t *data, size_t n,
                                   const struct content_segment *split, size_t n_split);

/* Arranges data[0 .. n), for which it was found and speech.n_segments is not 0, in *arranged, which is
 * empty before. cap: bytes that it shall have room for, n or more. TACIT_ERR_MEMORY. */
enum tacit_status arrangement_apply(const struct arrangement *arrangement, const uint8_t *data,
                                    size_t n, struct byte_buffer *arranged, size_t cap);

/* *data, arranged, which has room for cap bytes, back to n bytes, n <= cap; it may lie elsewhere then, with as
 * much room. TACIT_ERR_CORRUPT, TACIT_ERR_MEMORY. */
enum tacit_status arrangement_restore(const struct arrangement *arrangement,
                                      struct byte_buffer *data, size_t n, size_t cap);

/* speech.n_segments is not 0; out: ARRANGEMENT_BYTES_MAX bytes. Returns the length. */
size_t arrangement_pack(uint8_t *out, const struct arrangement *arrangement);

/* n: bytes of content. TACIT_ERR_CORRUPT. */
enum tacit_status arrangement_parse(struct varint_reader *r, uint32_t n,
                                    struct arrangement *arrangement);

#endif
