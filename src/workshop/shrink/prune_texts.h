/* SPDX-License-Identifier: Apache-2.0
 *
 * What the beginning of the calibration texts costs a model, for rules that measure what goes.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_TEXTS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_TEXTS_H

#include "engine/lm_model.h"
#include "tacit/shrink.h"
#include "token/tokenizer.h"
#include "workshop/inspect/text_cost.h"

struct prune_texts {
    struct text_tokens *texts; /* [n] */
    size_t n, n_tokens;        /* at most 2,048 tokens in all, alike of each text */
};

/* TACIT_ERR_IO (errno), TACIT_ERR_CONTENT_LIMIT: fewer than 512 tokens in all; TACIT_ERR_MEMORY. On failure the caller has
 * nothing to close. */
enum tacit_status prune_texts_open(struct prune_texts *texts, const struct lm_model *model,
                                   const struct tokenizer *tokenizer,
                                   const struct tacit_prune *job);
void prune_texts_close(struct prune_texts *texts);

/* Bits a token. */
enum tacit_status prune_texts_cost(double *cost, const struct prune_texts *texts,
                                   const struct lm_model *model);

#endif
