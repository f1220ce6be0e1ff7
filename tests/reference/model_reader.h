/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 5: a language model reads tokens.
 */
#ifndef TACIT_REFERENCE_MODEL_READER_H
#define TACIT_REFERENCE_MODEL_READER_H

#include "model_file.h"

struct reader; /* one stream */

/* context: tokens that it looks back on; kind and share: of the KV cache, as a block
 * names them. */
struct reader *make_reader(const struct model *model, uint32_t context, unsigned kind,
                           unsigned share);
/* logits: [n_vocab], for the token that follows. */
void read_token(struct reader *reader, uint32_t token, float *logits);
/* The stream has read what the other has. */
void copy_reader(struct reader *to, const struct reader *from);

#endif
