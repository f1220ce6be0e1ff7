/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokenizer of a GGUF file whose tokenizer.ggml.model is "llama": SentencePiece's byte-pair kind
 * (token/sentencepiece.h), with .tokens, .scores and .token_type.
 */
#ifndef TACIT_GGUF_GGUF_SENTENCEPIECE_H
#define TACIT_GGUF_GGUF_SENTENCEPIECE_H

#include "base/reason.h"
#include "gguf/gguf.h"
#include "token/tokenizer.h"

/* tokens: [n_tokens], .tokens of the file. Text and user-defined tokens have spaces for U+2581; a byte token counts
 * only if no text token spells its byte. The start is .bos_token_id. Errors as gguf_tokenizer_create. */
enum tacit_status gguf_sentencepiece_create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                            const struct byte_view *tokens, uint32_t n_tokens,
                                            struct reason *reason);

#endif
