/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognises formats by their first bytes. Nothing in a header is believed beyond what its bounds
 * allow; whether the content looks like what the header says is for the caller to measure.
 */
#ifndef TACIT_CONTENT_CONTENT_HEADER_H
#define TACIT_CONTENT_CONTENT_HEADER_H

#include <stddef.h>

#include "content/content_type.h"

struct content_header {
    struct content content; /* of what follows the header; offset is 0 */
    size_t header_size;
    uint64_t n_bytes; /* that follow the header, as it says: may be more than there is */
};

/* data[0 .. n): true if a known format begins here. */
bool content_header_find(const uint8_t *data, size_t n, struct content_header *header);

#endif
