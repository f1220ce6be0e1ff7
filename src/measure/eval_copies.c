/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/eval_copies.h"

#include <stdlib.h>

void eval_copies_keep(struct eval_copies *copies, size_t n_tokens)
{
    while (copies->n_made > 0 && copies->items[copies->n_made - 1].n_tokens > n_tokens)
        free(copies->items[--copies->n_made].saved);
    copies->n_planned = copies->n_made;
}

const struct eval_copy *eval_copies_last(const struct eval_copies *copies)
{
    return copies->n_made > 0 ? &copies->items[copies->n_made - 1] : NULL;
}

void eval_copies_plan(struct eval_copies *copies, size_t n_tokens)
{
    if (copies->n_planned < EVAL_COPIES_MAX)
        copies->items[copies->n_planned++] = (struct eval_copy){n_tokens, NULL};
}

size_t eval_copies_next(const struct eval_copies *copies)
{
    return copies->n_made < copies->n_planned ? copies->items[copies->n_made].n_tokens : SIZE_MAX;
}

enum tacit_status eval_copies_make(struct eval_copies *copies, const struct lm_state *lm)
{
    struct eval_copy *copy = &copies->items[copies->n_made];
    copy->saved = malloc(lm_stream_size(lm, lm_stream_position(lm, 0)));
    if (!copy->saved)
        return TACIT_ERR_MEMORY;
    lm_save_stream(lm, 0, copy->saved);
    copies->n_made++;
    return TACIT_OK;
}
