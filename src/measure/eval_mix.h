/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tokens of a text cost when context models are mixed in, as in an archive of one stream, and
 * what either side contributes. The tokens must come in order; it learns from each.
 */
#ifndef TACIT_MEASURE_EVAL_MIX_H
#define TACIT_MEASURE_EVAL_MIX_H

#include "kernels/kernels.h"
#include "model/open_model.h"
#include "tacit/eval.h"

struct eval_mix;

/* For a text that begins like data[n_bytes]. kernels and model outlive it. TACIT_ERR_MEMORY; then *mix is
 * NULL. */
enum tacit_status eval_mix_create(struct eval_mix **mix, const struct tacit_model *model,
                                  const struct kernels *kernels, const uint8_t *data,
                                  size_t n_bytes);

/* logits: the model's before the token, NULL if it knows nothing; item: the token. Sets the costs in
 * *token that `mixed` of the options asks for. */
void eval_mix_token(struct eval_mix *mix, const float *logits, uint32_t item,
                    struct tacit_eval_token *token);

/* NULL is allowed. */
void eval_mix_destroy(struct eval_mix *mix);

#endif
