/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes items with a language model: mixed with context models (mixed_token_coder.h) or unmixed, as
 * whole tokens by the model alone (whole_token_coder.h).
 *
 * Set encoding, unmixed, counting, kernels and, for mixed coding, mixed.cm. Then
 * token_coder_lay_out, token_coder_begin_..., token_coder_step for each item, and
 * token_coder_finish (encoder) or token_coder_is_done (decoder).
 */
#ifndef TACIT_METHODS_LANGUAGE_TOKEN_CODER_H
#define TACIT_METHODS_LANGUAGE_TOKEN_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "methods/language/mixed_token_coder.h"
#include "methods/language/whole_token_coder.h"

struct token_coder {
    bool encoding, unmixed;
    bool counting; /* encoding, mixed: count model_bytes, which takes some time */
    const struct kernels *kernels;
    struct token_distribution distribution;
    struct mixed_token_coder mixed;
    struct whole_token_coder whole;
    size_t out_cap;
    float model_bits;     /* encoding: the cost of the items so far by the model alone ... */
    uint64_t model_bytes; /* ... in addition to these bytes */
};

/* n_items: of the block, 0 in a decoder. Without memory the arena only counts. */
void token_coder_lay_out(struct token_coder *coder, struct arena *arena,
                         const struct byte_trie *trie, uint32_t n_tokens, size_t n_items);

void token_coder_begin_encoding(struct token_coder *coder, uint8_t *out, size_t out_cap);
void token_coder_begin_decoding(struct token_coder *coder, const uint8_t *in, size_t n_in);

/* Codes one item; when mixed, of the selected stream of cm. logits: [n_tokens], the model's for
 * this place. item: when encoding. Returns the item. */
uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item);

/* Mixed: learns an item that encoder and decoder know; nothing is coded. */
void token_coder_teach(struct token_coder *coder, const float *logits, uint32_t item);

/* The encoder's output does not fit, or the decoder has read too far past its input's end. */
bool token_coder_is_hopeless(const struct token_coder *coder);

/* Encoder: bytes so far, to within a few. */
size_t token_coder_n_coded(const struct token_coder *coder);

/* Encoder: the total length, SIZE_MAX if it did not fit. out, out_cap: as at the beginning. */
size_t token_coder_finish(struct token_coder *coder, uint8_t *out, size_t out_cap);

/* Decoder: false if the input cannot be what an encoder wrote. */
bool token_coder_is_done(const struct token_coder *coder);

#endif
