/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/mixed_token_coder.h"

#include "methods/language/token_walk.h"

enum { LOOKED_AHEAD = 8 }; /* bytes that a binary decoder reads before it needs them */

void mixed_token_begin_encoding(struct mixed_token_coder *coder, uint8_t *out, size_t out_cap)
{
    coder->encoding = true;
    binary_encoder_init(&coder->enc, out, out_cap);
}

void mixed_token_begin_decoding(struct mixed_token_coder *coder, const uint8_t *in, size_t n_in)
{
    coder->encoding = false;
    binary_decoder_init(&coder->dec, in, n_in);
}

static int code_bit(struct mixed_token_coder *coder, int bit, uint32_t p1)
{
    if (coder->teaching)
        return bit;
    if (!coder->encoding)
        return binary_decode(&coder->dec, p1);
    binary_encode(&coder->enc, bit, p1);
    return bit;
}

static int code_open(void *context, const struct byte_trie_walk *walk, int bit)
{
    struct mixed_token_coder *coder = context;
    struct context_hint hint = token_hint(coder->distribution, walk);
    context_mixer_set_hint(coder->cm, &hint);
    if (byte_trie_at_end(walk)) {
        bit = code_bit(coder, bit,
                       context_mixer_predict_end(coder->cm, walk->split, byte_trie_depth(walk)));
        context_mixer_update_end(coder->cm, bit);
    } else {
        bit = code_bit(coder, bit, context_mixer_predict(coder->cm));
        context_mixer_update(coder->cm, bit);
    }
    return bit;
}

uint32_t mixed_token_code(struct mixed_token_coder *coder, uint32_t place)
{
    return token_walk(coder->distribution->trie, coder->cm, place, code_open, coder);
}

uint8_t mixed_token_code_silent(struct mixed_token_coder *coder, unsigned byte)
{
    unsigned out = 0;
    context_mixer_set_hint(coder->cm, &(struct context_hint){.absent = true});
    for (int i = 7; i >= 0; i--) {
        int bit = code_bit(coder, (int)(byte >> i & 1), context_mixer_predict(coder->cm));
        context_mixer_update(coder->cm, bit);
        out = out << 1 | (unsigned)bit;
    }
    return (uint8_t)out;
}

static int pass_open(void *context, const struct byte_trie_walk *walk, int bit)
{
    struct mixed_token_coder *coder = context;
    if (!byte_trie_at_end(walk)) {
        context_mixer_pass(coder->cm, bit);
        return bit;
    }
    context_mixer_set_hint(coder->cm, &(struct context_hint){.absent = true});
    context_mixer_predict_end(coder->cm, walk->split, byte_trie_depth(walk));
    context_mixer_update_end(coder->cm, bit);
    return bit;
}

void mixed_token_pass(struct mixed_token_coder *coder, uint32_t place)
{
    token_walk(coder->distribution->trie, coder->cm, place, pass_open, coder);
}

void mixed_token_teach(struct mixed_token_coder *coder, uint32_t place)
{
    coder->teaching = true;
    mixed_token_code(coder, place);
    coder->teaching = false;
}

bool mixed_token_is_hopeless(const struct mixed_token_coder *coder)
{
    return coder->encoding ? coder->enc.overflow : coder->dec.pos > coder->dec.n_in + LOOKED_AHEAD;
}
