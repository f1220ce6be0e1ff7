/* SPDX-License-Identifier: Apache-2.0
 *
 * Which layers a model can do without, by what text costs without each.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_LAYERS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_LAYERS_H

#include "engine/lm_model.h"
#include "tacit/shrink.h"
#include "token/tokenizer.h"
#include "workshop/train/say.h"

/* Writes the n_kept layers that stay, in ascending order: one goes after the other, each time the one without which
 * the beginning of the texts costs least. Says each with its cost. TACIT_ERR_IO (errno), TACIT_ERR_CONTENT_LIMIT: fewer than
 * 512 tokens in all; TACIT_ERR_MEMORY, TACIT_ERR_CANCELLED. */
enum tacit_status layers_choose(uint32_t *kept, uint32_t n_kept, const struct lm_model *model,
                                const struct tokenizer *tokenizer, const struct tacit_prune *job,
                                const struct tacit_train_sink *sink);

#endif
