/* SPDX-License-Identifier: Apache-2.0
 *
 * Vocabularies of SentencePiece's byte-pair kind, as Llama 1 and 2 and Gemma have them. They have
 * no pre-tokenizer: the first symbols are characters, and of all neighbours whose text together is
 * a token, the pair with the best score merges first, across the whole text. A character that is no
 * token is written byte by byte. Tokens that the model's makers defined themselves (runs of line
 * ends, tags) are cut out of the text before.
 *
 * To bound the work, the text is cut before a space where no token could cross the cut, so that the
 * tokens stay the same.
 */
#ifndef TACIT_TOKEN_SENTENCEPIECE_H
#define TACIT_TOKEN_SENTENCEPIECE_H

#include <stdbool.h>

#include "token/vocabulary.h"

#define SENTENCEPIECE_USER_MAX 8192

/* What a pair of tokenizer_spec.pairs says of its token. */
enum { SENTENCEPIECE_MERGED = 0, SENTENCEPIECE_CUT_OUT = 1 };

struct sentencepiece {
    uint32_t *user;      /* tokens to be cut out, by their first byte, of these the longest first */
    uint32_t first[257]; /* [first[b], first[b + 1]) of user begin with the byte b */
    bool before_space[256]; /* some token has a space behind this byte, so the text is not cut
                               there */
};

/* pairs: [n][2], a token and its use; tokens without bytes are skipped. TACIT_ERR_MODEL_DAMAGED: a
 * number that is no token, or no such use; TACIT_ERR_UNSUPPORTED: more than SENTENCEPIECE_USER_MAX
 * to be cut out; TACIT_ERR_MEMORY. After a failure only sentencepiece_free may be called. */
enum tacit_status sentencepiece_init(struct sentencepiece *sp, const struct vocabulary *vocabulary,
                                     const uint32_t *pairs, uint32_t n);

void sentencepiece_free(struct sentencepiece *sp);

/* Length of the piece with which p[0 .. n) begins, 1 .. n for n at least 1: a token that is cut
 * out, or text that can be merged apart from the rest. */
size_t sentencepiece_next(const struct sentencepiece *sp, const struct vocabulary *vocabulary,
                          const uint8_t *p, size_t n);

/* The first symbols of p[0 .. n), at most n, to items; their number. */
size_t sentencepiece_symbols(const struct vocabulary *vocabulary, const uint8_t *p, size_t n,
                             uint32_t *items);

#endif
