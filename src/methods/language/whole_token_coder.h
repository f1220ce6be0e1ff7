/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes each item as one symbol, by rANS, on the language model's own distribution in parts of 2^30.
 * rANS decodes last what it encodes first, so the encoder collects all parts and codes them at the
 * end. Used through token_coder.h.
 */
#ifndef TACIT_METHODS_LANGUAGE_WHOLE_TOKEN_CODER_H
#define TACIT_METHODS_LANGUAGE_WHOLE_TOKEN_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "coder/rans.h"
#include "engine/token_distribution.h"

struct whole_token_coder {
    const struct token_distribution *distribution; /* for the next item, in parts of RANS_TOTAL */
    /* Encoder: */
    struct rans_part *parts; /* [n_items] of the block */
    size_t n_parts;
    /* Decoder: */
    struct rans_decoder rans;
};

/* n_items: of the block, 0 in a decoder. Without memory the arena only counts. */
void whole_token_lay_out(struct whole_token_coder *coder, struct arena *arena, size_t n_items);

void whole_token_begin_decoding(struct whole_token_coder *coder, const uint8_t *in, size_t n_in);

/* The encoder takes the item at place; the decoder returns the place of the next one. */
void whole_token_encode(struct whole_token_coder *coder, uint32_t place);
uint32_t whole_token_decode(struct whole_token_coder *coder);

/* Encoder: codes all items taken to out and returns the length; SIZE_MAX if it does not fit. */
size_t whole_token_finish(struct whole_token_coder *coder, uint8_t *out, size_t out_cap);

#endif
