/* SPDX-License-Identifier: Apache-2.0
 *
 * A byte-level BPE tokenizer, as tokenizer.json of Hugging Face's tokenizers has it, in the words of GGUF.
 */
#ifndef TACIT_WORKSHOP_FOLDER_TOKENIZER_JSON_H
#define TACIT_WORKSHOP_FOLDER_TOKENIZER_JSON_H

#include "gguf/gguf_write.h"
#include "workshop/folder/json_file.h"

/* Drafts tokens 0 .. n_tokens - 1 (those that the file does not have are never made of text), their kinds, the merges and
 * the rule that cuts text. TACIT_ERR_UNSUPPORTED: another kind of tokenizer, or of rule; TACIT_ERR_MODEL_DAMAGED,
 * TACIT_ERR_MEMORY. */
enum tacit_status tokenizer_json_read(struct gguf_draft *draft, const json_t *root,
                                      uint32_t n_tokens, struct reason *reason);

#endif
