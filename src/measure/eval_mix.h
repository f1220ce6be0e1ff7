/* SPDX-License-Identifier: Apache-2.0
 *
 * The cost of a text's tokens when mixed with context models, as in an archive of one stream, and
 * what the language model and the context models each contribute. The tokens come in order; the mix
 * learns from each.
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

/* logits: the model's before the token, NULL if there are none; item: the token. Sets the costs in
 * *token that option `mixed` asks for. */
void eval_mix_token(struct eval_mix *mix, const float *logits, uint32_t item,
                    struct tacit_eval_token *token);

/* NULL is allowed. */
void eval_mix_destroy(struct eval_mix *mix);

#endif
