/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 5: a language model reads tokens.
 */
#ifndef TACIT_REFERENCE_MODEL_READER_H
#define TACIT_REFERENCE_MODEL_READER_H

#include "model_file.h"

struct reader; /* one stream */

enum { HEADS_MAX = 4096 };

/* What a block says of the KV cache. */
struct kept {
    unsigned kind, share; /* share: hundredths of the positions, or 0 */
    uint32_t n_heads;     /* 0: heads do not differ */
    uint8_t
        parts[HEADS_MAX]; /* sixteenths that the heads of layers without a window keep, or 0: all */
};

/* context: tokens that it looks back on. */
struct reader *make_reader(const struct model *model, uint32_t context, const struct kept *kept);
/* logits: [n_vocab], for the token that follows. */
void read_token(struct reader *reader, uint32_t token, float *logits);
/* The stream has read what the other has. */
void copy_reader(struct reader *to, const struct reader *from);

#endif
