/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognises formats by their first bytes. Numbers in a header are accepted within bounds only. The
 * caller measures whether the content looks as the header says.
 */
#ifndef TACIT_CONTENT_CONTENT_HEADER_H
#define TACIT_CONTENT_CONTENT_HEADER_H

#include <stddef.h>

#include "content/content_type.h"

struct content_header {
    struct content content; /* of the bytes behind the header; offset is 0 */
    size_t header_size;
    uint64_t n_bytes; /* that follow by the header; may be more than there are */
};

/* data[0 .. n): true if a known format begins here. */
bool content_header_find(const uint8_t *data, size_t n, struct content_header *header);

/* The same for the formats of sound alone: WAV, RF64, W64, AIFF and AIFF-C. */
bool sound_header_find(const uint8_t *data, size_t n, struct content_header *header);

#endif
