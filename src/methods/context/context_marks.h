/* SPDX-License-Identifier: Apache-2.0
 *
 * How many bytes a block's context payload had when its encoder stood at a place of the content: what any
 * stretch of the content cost there.
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

/* The payload has n_coded bytes at each mark in from <= place < to; marks: NULL: nobody asks. */
void context_marks_note(struct context_marks *marks, size_t from, size_t to, size_t n_coded);

/* What content [from, to) took; places are rounded down to marks. */
uint32_t context_marks_between(const struct context_marks *marks, size_t from, size_t to);

#endif
