/* SPDX-License-Identifier: Apache-2.0
 *
 * Language models from GGUF files: Llama and its like (llama), Qwen2 (qwen2), Qwen3 (qwen3), GPT-2
 * (gpt2).
 */
#ifndef TACIT_MODEL_LM_GGUF_H
#define TACIT_MODEL_LM_GGUF_H

#include "engine/lm_model.h"
#include "gguf/gguf.h"

/* TACIT_ERR_UNSUPPORTED: another architecture, or a feature of one that the engine lacks (scaled
 * positions, heads that are not multiples of 64). TACIT_ERR_MODEL_DAMAGED: tensors are missing or
 * of the wrong size, or values are not finite. TACIT_ERR_MEMORY. On failure *model is NULL. */
enum tacit_status lm_model_from_gguf(struct lm_model **model, const struct gguf *gguf);

/* The shape alone, which tells the memory that the model needs. */
enum tacit_status lm_shape_from_gguf(struct lm_shape *shape, const struct gguf *gguf);

#endif
