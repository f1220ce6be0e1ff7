/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a tokenizer, shared by tokenizer.c and tokenizer_file.c alone.
 */
#ifndef TACIT_TOKEN_TOKENIZER_HANDLE_H
#define TACIT_TOKEN_TOKENIZER_HANDLE_H

#include "token/bpe.h"
#include "token/pretokenizer.h"
#include "token/sentencepiece.h"
#include "token/tokenizer_spec.h"
#include "token/vocabulary.h"

struct tokenizer {
    const struct pretokenizer *pre; /* NULL with SCORED */
    enum tokenizer_form form;       /* as it is saved: PAIRS, JOINED or SCORED */
    uint32_t start;                 /* VOCABULARY_NONE if there is none */
    struct vocabulary vocabulary;
    struct bpe_rules rules;
    struct sentencepiece sentencepiece; /* with SCORED */
    uint32_t *uses;                     /* SCORED: [2 * n_uses], as given */
    uint32_t n_uses;
    uint8_t *is_whole; /* [n_tokens]: a piece of exactly these bytes becomes this one token */
};

#endif
