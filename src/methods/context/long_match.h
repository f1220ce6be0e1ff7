/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds long repeats within a block and of a reference before it, at any distance, so that they can
 * be copied instead of modelled: each has at least LONG_MATCH_MIN bytes. The match models find
 * shorter repeats. Linear time, a few nanoseconds a byte, memory of 1/128 of the content.
 */
#ifndef TACIT_METHODS_CONTEXT_LONG_MATCH_H
#define TACIT_METHODS_CONTEXT_LONG_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "tacit/status.h"

enum { LONG_MATCH_MIN = 4096 };

struct long_match {
    uint32_t start;
    uint32_t n_bytes;
    uint32_t distance; /* 1 .. start + bytes of the reference; the source may overlap the copy */
};

/* n and the reference (n 0: none) below 2^31. Writes at most max matches, in order, without overlap; their
 * number to *n_found. */
enum tacit_status long_match_find(struct byte_view reference, const uint8_t *data, size_t n,
                                  struct long_match *matches, size_t max, size_t *n_found);

#endif
