/* SPDX-License-Identifier: Apache-2.0
 *
 * The one piece of memory that a predictor lies in; it begins with this struct.
 */
#ifndef TACIT_PREDICT_MEMORY_PIECE_H
#define TACIT_PREDICT_MEMORY_PIECE_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct memory_piece {
    void *allocation;
    size_t n_bytes; /* from this struct on, which is aligned to ARENA_ALIGN */
};

/* Allocates n_bytes of zeros but for the struct. TACIT_ERR_MEMORY. */
enum tacit_status memory_piece_take(struct memory_piece **piece, size_t n_bytes);

/* NULL is allowed. */
void memory_piece_free(struct memory_piece *piece);

#endif
