/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes words of a language model's vocabulary. Mixed: decision by decision down the byte trie,
 * each decision mixed with the context models. Unmixed: whole words by rANS, on the model's own
 * distribution in parts of 2^30. Encoder and decoder share the one walk.
 *
 * After token_coder_lay_out, which makes the distribution, and for mixed coding with cm set:
 * token_coder_begin_..., token_coder_step for each word, token_coder_finish or
 * token_coder_is_done.
 */
#ifndef TACIT_METHODS_LANGUAGE_TOKEN_CODER_H
#define TACIT_METHODS_LANGUAGE_TOKEN_CODER_H

#include <stdbool.h>
#include <stdint.h>

#include "coder/binary_coder.h"
#include "coder/rans.h"
#include "engine/token_distribution.h"
#include "predict/context_mixer.h"

/* What the model says of the open decision that comes now, for the context models. */
struct cm_hint token_hint(const struct token_distribution *distribution,
                          const struct trie_walk *walk);

/* A decision in which the words left differ: learns the bit, which it is told or decodes itself. */
typedef int token_decide(void *context, const struct trie_walk *walk, int bit);

/* Down the trie to a word, the one at place where bits are told; returns its place. cm learns what is
 * not decided. Inline, so that each caller's decide is too. */
static inline uint32_t token_walk(const struct byte_trie *trie, struct cm *cm, uint32_t place,
                                  token_decide *decide, void *context)
{
    struct trie_walk walk = trie_start(trie);
    int bit;
    do {
        if (trie_is_open(trie, &walk)) {
            bit = decide(context, &walk, place >= walk.split);
        } else {
            bit = (int)trie_forced(trie, &walk);
            if (walk.position % 9 != 0)
                cm_pass(cm, bit);
        }
    } while (trie_take(trie, &walk, (unsigned)bit));
    return walk.low;
}

struct token_coder {
    bool encoding, unmixed;
    bool teaching; /* the bits are known on either side, and not coded */
    bool counting; /* encoding, mixed: model_bytes is wanted, which takes some time */
    const struct kernels *kernels;
    struct cm *cm; /* configured as hinted; NULL if unmixed */
    struct token_distribution distribution;
    struct bc_encoder enc;
    struct bc_decoder dec;
    struct rans_decoder rans;
    struct rans_part *parts; /* unmixed encoding: [n_items] of the block */
    size_t n_parts;
    float model_bits;     /* encoding: what the model alone says that the words so far cost ... */
    uint64_t model_bytes; /* ... beyond these bytes */
};

/* encoding, unmixed and n_items (of the block; 0 in a decoder) are known. Without memory the arena
 * only counts. */
void token_coder_lay_out(struct token_coder *coder, struct arena *arena,
                         const struct byte_trie *trie, uint32_t n_tokens, size_t n_items);

void token_coder_begin_encoding(struct token_coder *coder, uint8_t *out, size_t out_cap);
void token_coder_begin_decoding(struct token_coder *coder, const uint8_t *in, size_t n_in);

/* Codes one word of the selected stream of cm; logits: [n_tokens], the model's for this place.
 * item: the word, if encoding. Returns the word's item. */
uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item);

/* The same, mixed, for a word that encoder and decoder know: all is learnt, nothing coded. */
void token_coder_teach(struct token_coder *coder, const float *logits, uint32_t item);

/* The encoder has lost when its output does not fit; the decoder when it has read past the end by
 * more than it looks ahead. */
bool token_coder_is_hopeless(const struct token_coder *coder);

/* Encoder: bytes so far, nearly. */
size_t token_coder_n_coded(const struct token_coder *coder);

/* Encoder: the total length, SIZE_MAX if it did not fit. */
size_t token_coder_finish(struct token_coder *coder, uint8_t *out, size_t out_cap);

/* Decoder: false if the input cannot be what an encoder wrote. */
bool token_coder_is_done(const struct token_coder *coder);

#endif
