/* SPDX-License-Identifier: Apache-2.0
 *
 * The length that a block's context payload had at each of a row of places of the content, from
 * which the cost of any stretch follows.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_MARKS_H
#define TACIT_METHODS_CONTEXT_CONTEXT_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum { CONTEXT_MARKS_STEP = 256 }; /* bytes of content from one mark to the next */

struct context_marks {
    uint32_t *n_coded; /* [content_size / CONTEXT_MARKS_STEP + 1] */
};

enum tacit_status context_marks_create(struct context_marks *marks, size_t content_size);
void context_marks_destroy(struct context_marks *marks);
uint64_t context_marks_memory(uint64_t content_size);

/* Notes that the payload has n_coded bytes at each mark in from <= place < to. marks NULL: does
 * nothing. */
void context_marks_note(struct context_marks *marks, size_t from, size_t to, size_t n_coded);

/* The bytes that content [from, to) took; places are rounded down to marks. */
uint32_t context_marks_between(const struct context_marks *marks, size_t from, size_t to);

#endif
