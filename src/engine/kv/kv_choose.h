/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses how many positions each head of keys keeps.
 */
#ifndef TACIT_ENGINE_KV_KV_CHOOSE_H
#define TACIT_ENGINE_KV_KV_CHOOSE_H

#include "engine/kv/kv_heads.h"
#include "engine/lm.h"

/* Fills heads so that they keep share hundredths of the positions on average, or a sixteenth each if that is more, and lose
 * as little as may be of what attention finds while the model reads tokens[0 .. n_tokens), or as many of these as
 * the context holds. options: kv_kind (of the heads that keep all), n_context, n_threads and cpu_features count.
 * heads->n is 0 if that cannot be told: the tokens are too few to fill the share, the context is below KV_HEADS_CONTEXT_MIN
 * or the model has no such heads, or too many. The result depends on model, tokens, n_context, kv_kind and share
 * only. Errors as of lm_state_create. */
enum tacit_status kv_heads_choose(struct kv_heads *heads, const struct lm_model *model,
                                  const struct lm_options *options, uint32_t share,
                                  const uint32_t *tokens, size_t n_tokens);

/* Sets kv_kind, kv_keep and kv_heads of a state that keeps what was chosen: heads, which outlive the state's making,
 * were chosen for the kv_keep and kv_kind of options. Where kv_keep is 0 nothing changes. */
void kv_heads_use(struct lm_options *options, const struct kv_heads *heads);

/* Bytes that kv_heads_choose allocates, at most; the options as there. TACIT_ERR_ARGUMENT. */
enum tacit_status kv_heads_memory_needed(const struct lm_shape *shape,
                                         const struct lm_options *options, uint64_t *n_bytes);

#endif
