/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, sections 5.1, 5.2, 5.5 and 5.7: content types, transforms of segments, and what was done to content before.
 */
#ifndef TACIT_REFERENCE_CONTENT_CHANGES_H
#define TACIT_REFERENCE_CONTENT_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "recoding.h"

/* A segment's type: bits 0-3, and bit 6 for 16. */
static inline unsigned stored_type(unsigned kind)
{
    return (kind & 15) + (kind & 0x40 ? 16 : 0);
}

int has_rows(unsigned type);
void check_type(unsigned type, uint32_t stride, uint32_t offset);

void undo_x86(uint8_t *d, size_t n);
/* Of any type of sound, and of images of 16-bit samples. */
void undo_samples(unsigned type, uint8_t *d, size_t n, size_t offset);

/* How many CRs were taken out, and which lines had none. */
struct line_list {
    uint32_t n_removed, n_bare, bare[256];
};

struct changes {
    struct line_list lines;
    int recoded;
    struct stretches stretches;
    uint32_t text_size; /* without the CRs */
};

/* Returns the bytes that are left. */
uint32_t take_changes(struct changes *changes, int lines, int recoded, uint32_t size);
/* decoded: what is left, which is content itself if nothing was recoded. */
void undo_changes(const struct changes *changes, uint8_t *decoded, uint8_t *content, uint32_t size);

#endif
