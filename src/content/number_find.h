/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds text that is mostly numbers within a split: lists of coordinates, tables of measurements.
 */
#ifndef TACIT_CONTENT_NUMBER_FIND_H
#define TACIT_CONTENT_NUMBER_FIND_H

#include <stddef.h>

#include "content/content.h"

/* Gives stretches of the split's text and tables, some KiB long at least, the type CONTENT_NUMBERS, if
 * together they are an eighth of all bytes: segments of another type cost the rest of a block time. split:
 * content_split of data, with room for max segments. Returns their number. */
size_t number_find(const uint8_t *data, struct content_segment *split, size_t n_split, size_t max);

/* The bytes of such stretches, however few. */
size_t number_find_bytes(const uint8_t *data, const struct content_segment *split, size_t n_split);

#endif
