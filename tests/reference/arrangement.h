/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 6.1: content in another order.
 */
#ifndef TACIT_REFERENCE_ARRANGEMENT_H
#define TACIT_REFERENCE_ARRANGEMENT_H

#include <stdint.h>

struct speech_part {
    int silent;
    unsigned type;
    uint32_t stride, offset, length;
};

/* All zeros: nothing is arranged. */
struct arrangement {
    uint32_t n_headers, before, n_zeros, n_gaps, gap_header[256], gap_bytes[256];
    uint32_t n_parts, n_spoken, n_silent; /* n_silent: parts */
    struct speech_part part[1024];
    uint32_t silent[1024]; /* silent parts in the order in which they lie */
};

/* size: of the content before. Returns the size of the content arranged. */
uint32_t take_arrangement(struct arrangement *arrangement, uint32_t size);
/* Puts content, which has room for size bytes, back into order. */
void undo_arrangement(const struct arrangement *arrangement, uint8_t *content, uint32_t size);

#endif
