/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_marks.h"

#include <stdlib.h>

uint64_t context_marks_memory(uint64_t content_size)
{
    return (content_size / CONTEXT_MARKS_STEP + 1) * sizeof(uint32_t);
}

enum tacit_status context_marks_create(struct context_marks *marks, size_t content_size)
{
    marks->n_coded = calloc(1, (size_t)context_marks_memory(content_size));
    return marks->n_coded ? TACIT_OK : TACIT_ERR_MEMORY;
}

void context_marks_destroy(struct context_marks *marks)
{
    free(marks->n_coded);
    marks->n_coded = NULL;
}

void context_marks_note(struct context_marks *marks, size_t from, size_t to, size_t n_coded)
{
    if (!marks)
        return;
    for (size_t i = (from + CONTEXT_MARKS_STEP - 1) / CONTEXT_MARKS_STEP;
         i * CONTEXT_MARKS_STEP < to; i++)
        marks->n_coded[i] = (uint32_t)n_coded;
}

uint32_t context_marks_between(const struct context_marks *marks, size_t from, size_t to)
{
    return marks->n_coded[to / CONTEXT_MARKS_STEP] - marks->n_coded[from / CONTEXT_MARKS_STEP];
}
