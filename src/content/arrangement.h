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

/* Finds what there is to arrange in data[0 .. n), split by content_split, and arranges it in
 * *arranged, which is empty where there is nothing. TACIT_ERR_MEMORY. */
enum tacit_status arrangement_make(struct arrangement *arrangement, const uint8_t *data, size_t n,
                                   const struct content_segment *split, size_t n_split,
                                   struct byte_buffer *arranged);

/* *data, arranged, back to n bytes, for which there is room in both; *data takes the place of scratch and scratch that of *data. 
 * TACIT_ERR_CORRUPT. */
enum tacit_status arrangement_restore(const struct arrangement *arrangement,
                                      struct byte_buffer *data, struct byte_buffer *scratch,
                                      size_t n);

/* speech.n_segments is not 0; out: ARRANGEMENT_BYTES_MAX bytes. Returns the length. */
size_t arrangement_pack(uint8_t *out, const struct arrangement *arrangement);

/* n: bytes of content. TACIT_ERR_CORRUPT. */
enum tacit_status arrangement_parse(struct varint_reader *r, uint32_t n,
                                    struct arrangement *arrangement);

#endif
