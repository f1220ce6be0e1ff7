/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells the type of bytes without a known header by counting. Integers only; linear time.
 */
#ifndef TACIT_CONTENT_CONTENT_STATS_H
#define TACIT_CONTENT_CONTENT_STATS_H

#include <stddef.h>

#include "content/content_type.h"

/* The type of data[0 .. n), some KiB: DEFAULT, TEXT, MARKUP, TABLE, X86 or COMPRESSED. */
enum content_type content_classify(const uint8_t *data, size_t n);

/* The length of the rows of which binary data seems to consist, 0: none found. */
uint32_t content_row_length(const uint8_t *data, size_t n);

/* Whether rows of this length look like pixels of one bit. */
bool content_is_bitmap(const uint8_t *data, size_t n, uint32_t stride);

/* Whether pixels or samples are close to their neighbours, as content with rows of this type should
 * be. */
bool content_fits_rows(const struct content *content, const uint8_t *data, size_t n);

#endif
