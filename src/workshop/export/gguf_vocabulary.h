/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's name, licence and tokenizer as GGUF's keys: copied from another GGUF file, or, as far as a .tmodel tells
 * them, made anew.
 */
#ifndef TACIT_WORKSHOP_EXPORT_GGUF_VOCABULARY_H
#define TACIT_WORKSHOP_EXPORT_GGUF_VOCABULARY_H

#include "base/reason.h"
#include "gguf/gguf_write.h"
#include "model/model_file.h"

/* TACIT_ERR_UNSUPPORTED: the file describes another tokenizer; TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_MEMORY. */
enum tacit_status gguf_vocabulary_check(const struct gguf *like, const struct tokenizer *tokenizer,
                                        struct reason *reason);

/* Copies the keys of the tokenizer and of what the model is called. */
void gguf_vocabulary_copy(struct gguf_draft *draft, const struct gguf *like);

/* Makes them. A .tmodel does not have the names of tokens that text never becomes: they are called <|special-NUMBER|>,
 * *n_unnamed of them. TACIT_ERR_UNSUPPORTED: GGUF has no such tokenizer, or it needs what a .tmodel does not have;
 * TACIT_ERR_MEMORY. */
enum tacit_status gguf_vocabulary_make(struct gguf_draft *draft, const struct model_file *file,
                                       size_t *n_unnamed, struct reason *reason);

#endif
