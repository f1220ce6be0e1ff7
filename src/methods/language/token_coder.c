/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/token_coder.h"

#include "base/strict_math.h"
#include "methods/language/token_walk.h"

void token_coder_lay_out(struct token_coder *coder, struct arena *arena,
                         const struct byte_trie *trie, uint32_t n_tokens, size_t n_items)
{
    token_distribution_lay_out(&coder->distribution, arena, trie, n_tokens, !coder->unmixed);
    coder->mixed.distribution = coder->whole.distribution = &coder->distribution;
    whole_token_lay_out(&coder->whole, arena, coder->unmixed ? n_items : 0);
}

void token_coder_begin_encoding(struct token_coder *coder, uint8_t *out, size_t out_cap)
{
    coder->out_cap = out_cap;
    if (!coder->unmixed)
        mixed_token_begin_encoding(&coder->mixed, out, out_cap);
}

void token_coder_begin_decoding(struct token_coder *coder, const uint8_t *in, size_t n_in)
{
    if (coder->unmixed)
        whole_token_begin_decoding(&coder->whole, in, n_in);
    else
        mixed_token_begin_decoding(&coder->mixed, in, n_in);
}

/* Adds to whole bytes and a small rest, so that the float stays exact enough. */
static void count_bits(struct token_coder *coder, uint32_t mass)
{
    const struct token_distribution *d = &coder->distribution;
    float all = (float)(int64_t)d->sum[d->trie->n_places];
    float mine = (float)(int64_t)mass;
    coder->model_bits += strict_log(all / mine) * STRICT_LOG2_E;
    int32_t n_bytes = (int32_t)(coder->model_bits * 0.125f);
    coder->model_bits -= (float)(8 * n_bytes);
    coder->model_bytes += (uint64_t)n_bytes;
}

static uint32_t step_mixed(struct token_coder *coder, const float *logits, uint32_t place)
{
    token_walk_expect(coder->distribution.trie, coder->mixed.cm);
    if (coder->counting) {
        token_distribution_set_plain(&coder->distribution, coder->kernels, logits);
        count_bits(coder, coder->distribution.mass[coder->distribution.at[place]]);
    }
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    return mixed_token_code(&coder->mixed, place);
}

static uint32_t step_whole(struct token_coder *coder, const float *logits, uint32_t place)
{
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    token_distribution_quantize(&coder->distribution, RANS_TOTAL);
    if (!coder->encoding)
        return whole_token_decode(&coder->whole);
    count_bits(coder, token_distribution_mass(&coder->distribution, place));
    whole_token_encode(&coder->whole, place);
    return place;
}

uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item)
{
    const struct byte_trie *trie = coder->distribution.trie;
    uint32_t place = coder->encoding ? trie->places[item] : 0;
    place = coder->unmixed ? step_whole(coder, logits, place) : step_mixed(coder, logits, place);
    token_distribution_learn(&coder->distribution, coder->kernels, place);
    return trie->items[place];
}

void token_coder_teach(struct token_coder *coder, const float *logits, uint32_t item)
{
    uint32_t place = coder->distribution.trie->places[item];
    token_walk_expect(coder->distribution.trie, coder->mixed.cm);
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    mixed_token_teach(&coder->mixed, place);
    token_distribution_learn(&coder->distribution, coder->kernels, place);
}

bool token_coder_is_hopeless(const struct token_coder *coder)
{
    if (!coder->unmixed)
        return mixed_token_is_hopeless(&coder->mixed);
    return coder->encoding ? coder->model_bytes > coder->out_cap
                           : coder->whole.rans.pos > coder->whole.rans.n_in;
}

size_t token_coder_n_coded(const struct token_coder *coder)
{
    return coder->unmixed ? (size_t)coder->model_bytes : coder->mixed.enc.n_out;
}

size_t token_coder_finish(struct token_coder *coder, uint8_t *out, size_t out_cap)
{
    return coder->unmixed ? whole_token_finish(&coder->whole, out, out_cap)
                          : binary_encoder_finish(&coder->mixed.enc);
}

bool token_coder_is_done(const struct token_coder *coder)
{
    return !coder->unmixed || rans_decoder_is_done(&coder->whole.rans);
}
