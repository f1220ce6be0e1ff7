/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts content into another order, so that a language model reads text only: first the headers of
 * tar archives go behind all files (tar_headers.h), then silent segments behind spoken ones
 * (speech.h).
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

/* Finds tar headers and silent segments in data[0 .. n). split: content_split of it.
 * TACIT_ERR_MEMORY. */
enum tacit_status arrangement_find(struct arrangement *arrangement, const uint8_t *data, size_t n,
                                   const struct content_segment *split, size_t n_split);

/* Writes data[0 .. n), for which the arrangement was found and speech.n_segments is not 0, to
 * *arranged in the new order. *arranged: empty before, with room for cap bytes (n or more)
 * afterwards. TACIT_ERR_MEMORY. */
enum tacit_status arrangement_apply(const struct arrangement *arrangement, const uint8_t *data,
                                    size_t n, struct byte_buffer *arranged, size_t cap);

/* Restores arranged *data, which has room for cap bytes, to its n bytes, n <= cap. *data may be
 * moved; it keeps its room. TACIT_ERR_CORRUPT, TACIT_ERR_MEMORY. */
enum tacit_status arrangement_restore(const struct arrangement *arrangement,
                                      struct byte_buffer *data, size_t n, size_t cap);

/* speech.n_segments is not 0; out: ARRANGEMENT_BYTES_MAX bytes. Returns the length. */
size_t arrangement_pack(uint8_t *out, const struct arrangement *arrangement);

/* n: bytes of content. TACIT_ERR_CORRUPT, TACIT_ERR_VERSION. */
enum tacit_status arrangement_parse(struct varint_reader *r, uint32_t n,
                                    struct arrangement *arrangement);

#endif
