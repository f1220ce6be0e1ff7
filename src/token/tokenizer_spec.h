/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model file says about its tokenizer.
 */
#ifndef TACIT_TOKEN_TOKENIZER_SPEC_H
#define TACIT_TOKEN_TOKENIZER_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

/* How tokens and rules are given. */
enum tokenizer_form {
    TOKENIZER_SPELLED, /* tokens and rules in the byte-level spelling, as in GGUF files */
    TOKENIZER_PAIRS,   /* tokens as bytes, rules as pairs of tokens */
    TOKENIZER_JOINED,  /* tokens as bytes; two that together spell a token merge (bpe.h) */
    TOKENIZER_SCORED,  /* tokens as bytes, and their uses, the best score first (sentencepiece.h) */
};

struct tokenizer_spec {
    /* name of the pre-tokenizer, as in pretokenizer.c; not of TOKENIZER_SCORED */
    struct byte_view pre;
    enum tokenizer_form form;
    uint32_t n_tokens;
    uint32_t n_rules;               /* 0 for TOKENIZER_JOINED */
    const struct byte_view *tokens; /* [n_tokens] */
    const uint8_t *is_text;         /* [n_tokens], 0: special, never produced; NULL: all are text */
    const struct byte_view *rules; /* TOKENIZER_SPELLED: [n_rules] "left right", first rule first */
    /* [2 * n_rules] TOKENIZER_PAIRS: left, right; TOKENIZER_SCORED: token, use */
    const uint32_t *pairs;
    bool has_start;
    uint32_t start; /* the token that stood before each document in training, if has_start */
};

#endif
