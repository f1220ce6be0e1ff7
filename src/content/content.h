/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds content types, which decide which contexts predict a stretch of bytes. A type is a hint: a
 * wrong one costs bytes, never correctness.
 */
#ifndef TACIT_CONTENT_CONTENT_H
#define TACIT_CONTENT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/content_type.h"

enum { CONTENT_HEADED_MIN = 1 << 12 }; /* fewer bytes behind a header get no segment */

struct content_segment {
    struct content content;
    uint32_t n_bytes; /* at least 1 */
};

/* Of a set of types, those that content of n bytes may have. */
static inline uint32_t content_set_within(uint32_t set, uint64_t n_bytes)
{
    return n_bytes > CONTENT_HEADED_MIN ? set : set & ~CONTENT_HEADED;
}

/* Splits data into at most max (1 or more) segments by content, in order, that together hold all n
 * bytes (n is below 2^32). The last segment takes all that is left. Returns their number, 0 for n =
 * 0. Some 6 ns a byte. */
size_t content_split(const uint8_t *data, size_t n, struct content_segment *segments, size_t max);

/* The type of a set of bits that has the most bytes in a split; `otherwise`, which is in the set,
 * if the split has none of them. */
enum content_type content_commonest(const struct content_segment *split, size_t n_split,
                                    uint32_t among, enum content_type otherwise);

/* Whether more than half is text. */
bool content_is_words(const struct content_segment *split, size_t n_split);

#endif
