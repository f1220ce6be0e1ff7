/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokenizer that a GGUF file describes: tokenizer.ggml.model "gpt2", with .pre, .tokens,
 * .token_type and .merges, or "llama" (gguf_sentencepiece.h).
 */
#ifndef TACIT_GGUF_GGUF_TOKENIZER_H
#define TACIT_GGUF_GGUF_TOKENIZER_H

#include "base/reason.h"
#include "gguf/gguf.h"
#include "token/tokenizer.h"

/* Tokens whose type is not "normal" are special. Without .pre, the pre-tokenizer is GPT-2's. The
 * start is <|endoftext|>, or else .bos_token_id, or else .eos_token_id. The tokenizer does not
 * refer to gguf afterwards. TACIT_ERR_UNSUPPORTED: another kind of tokenizer;
 * TACIT_ERR_MODEL_DAMAGED: keys missing or of the wrong type; and as tokenizer_create. On failure
 * *tokenizer is NULL, and reason, unless NULL, tells which key is at fault. */
enum tacit_status gguf_tokenizer_create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                        struct reason *reason);

#endif
