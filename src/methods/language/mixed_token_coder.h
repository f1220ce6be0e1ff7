/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes items decision by decision down the byte trie. The context models mix the language model's
 * probability of a decision with their own predictions; the arithmetic coder takes the result. One
 * walk for encoder and decoder. Used through token_coder.h.
 */
#ifndef TACIT_METHODS_LANGUAGE_MIXED_TOKEN_CODER_H
#define TACIT_METHODS_LANGUAGE_MIXED_TOKEN_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coder/binary_coder.h"
#include "engine/token_distribution.h"
#include "predict/context_mixer.h"

struct mixed_token_coder {
    bool encoding;
    bool teaching;                                 /* both sides know the bits: nothing is coded */
    struct context_mixer *cm;                      /* configured as hinted */
    const struct token_distribution *distribution; /* for the next item */
    struct binary_encoder enc;
    struct binary_decoder dec;
};

/* cm and distribution are set. */
void mixed_token_begin_encoding(struct mixed_token_coder *coder, uint8_t *out, size_t out_cap);
void mixed_token_begin_decoding(struct mixed_token_coder *coder, const uint8_t *in, size_t n_in);

/* Codes the item at place (a decoder may pass any). Returns the item's place. */
uint32_t mixed_token_code(struct mixed_token_coder *coder, uint32_t place);

/* Codes a byte of a silent segment (a decoder may pass any). Returns the byte. */
uint8_t mixed_token_code_silent(struct mixed_token_coder *coder, unsigned byte);

/* The context models learn the item at place; nothing is coded. */
void mixed_token_teach(struct mixed_token_coder *coder, uint32_t place);

/* The same without the language model: there is no hint, and the mixer of hints does not learn. */
void mixed_token_pass(struct mixed_token_coder *coder, uint32_t place);

/* The encoder's output does not fit, or the decoder has read past its input's end by more than it
 * looks ahead. */
bool mixed_token_is_hopeless(const struct mixed_token_coder *coder);

#endif
