/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes words of a language model's vocabulary, decision by decision down the byte trie, each
 * decision mixed with the context models. Encoder and decoder share the one walk.
 */
#ifndef TACIT_CODEC_TOKEN_CODER_H
#define TACIT_CODEC_TOKEN_CODER_H

#include <stdbool.h>
#include <stdint.h>

#include "coder/binary_coder.h"
#include "predict/context_mixer.h"
#include "predict/token_distribution.h"

struct token_coder {
    bool encoding;
    struct bc_encoder enc;
    struct bc_decoder dec;
    struct cm *cm; /* configured as hinted */
    const struct kernels *kernels;
    struct token_distribution distribution;
};

/* Codes one word of the selected stream of cm; logits: [n_tokens], the model's for this place.
 * item: the word, if encoding. Returns the word's item. */
uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item);

#endif
