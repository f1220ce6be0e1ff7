/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/token_coder.h"

#include "base/strict_math.h"

enum { DEPTH_KINDS = 4, WIDTH_KINDS = 16, DOUBT_KINDS = 4 };

/* How far to trust the language model: bytes of the word so far, words left, its own doubt. */
static uint32_t hint_context(const struct trie_walk *walk, float stretch)
{
    uint32_t depth = walk->position / 9, width = 0, doubt;
    float size = stretch < 0 ? -stretch : stretch;
    for (uint32_t n = walk->high - walk->low; n > 1; n >>= 1)
        width++;
    doubt = size < 1.0f ? 0 : size < 3.0f ? 1 : size < 6.0f ? 2 : 3;
    depth = depth < DEPTH_KINDS ? depth : DEPTH_KINDS - 1;
    width = width < WIDTH_KINDS ? width : WIDTH_KINDS - 1;
    return (depth * WIDTH_KINDS + width) * DOUBT_KINDS + doubt;
}

struct cm_hint token_hint(const struct token_distribution *distribution,
                          const struct trie_walk *walk)
{
    float x = token_distribution_stretch(distribution, walk);
    x = x > CM_HINT_MAX ? CM_HINT_MAX : x < -CM_HINT_MAX ? -CM_HINT_MAX : x;
    return (struct cm_hint){.stretch = x, .context = hint_context(walk, x)};
}

static int code_bit(struct token_coder *coder, int bit, uint32_t p1)
{
    if (coder->teaching)
        return bit;
    if (!coder->encoding)
        return bc_decode(&coder->dec, p1);
    bc_encode(&coder->enc, bit, p1);
    return bit;
}

static int code_open(void *context, const struct trie_walk *walk, int bit)
{
    struct token_coder *coder = context;
    struct cm_hint hint = token_hint(&coder->distribution, walk);
    cm_set_hint(coder->cm, &hint);
    if (walk->position % 9 == 0) {
        bit = code_bit(coder, bit, cm_predict_end(coder->cm, walk->split, walk->position / 9));
        cm_update_end(coder->cm, bit);
    } else {
        bit = code_bit(coder, bit, cm_predict(coder->cm));
        cm_update(coder->cm, bit);
    }
    return bit;
}

static uint32_t walk_words(struct token_coder *coder, uint32_t place)
{
    return token_walk(coder->distribution.trie, coder->cm, place, code_open, coder);
}

/* Returns the word's place. */
static uint32_t code_whole(struct token_coder *coder, uint32_t place)
{
    if (!coder->encoding)
        place = token_distribution_find(&coder->distribution, rans_peek(&coder->rans));
    struct rans_part part = {(uint32_t)coder->distribution.sum[place],
                             token_distribution_mass(&coder->distribution, place)};
    if (coder->encoding)
        coder->parts[coder->n_parts++] = part;
    else
        rans_take(&coder->rans, part);
    return place;
}

/* Kept as whole bytes and a small rest, so that the float stays exact enough. */
static void count_bits(struct token_coder *coder, uint32_t place)
{
    const struct token_distribution *d = &coder->distribution;
    float all = (float)(int64_t)d->sum[d->trie->n_words];
    float mine = (float)(int64_t)token_distribution_mass(d, place);
    coder->model_bits += strict_log(all / mine) * STRICT_LOG2_E;
    int32_t n_bytes = (int32_t)(coder->model_bits * 0.125f);
    coder->model_bits -= (float)(8 * n_bytes);
    coder->model_bytes += (uint64_t)n_bytes;
}

uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item)
{
    const struct byte_trie *trie = coder->distribution.trie;
    uint32_t place = coder->encoding ? trie->places[item] : 0;
    if (coder->counting && !coder->unmixed) {
        token_distribution_set_plain(&coder->distribution, coder->kernels, logits);
        count_bits(coder, place);
    }
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    if (coder->unmixed) {
        token_distribution_quantize(&coder->distribution, RANS_TOTAL);
        if (coder->encoding)
            count_bits(coder, place);
    }
    place = coder->unmixed ? code_whole(coder, place) : walk_words(coder, place);
    token_distribution_learn(&coder->distribution, place);
    return trie->items[place];
}

void token_coder_teach(struct token_coder *coder, const float *logits, uint32_t item)
{
    uint32_t place = coder->distribution.trie->places[item];
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    coder->teaching = true;
    walk_words(coder, place);
    coder->teaching = false;
    token_distribution_learn(&coder->distribution, place);
}

void token_coder_lay_out(struct token_coder *coder, struct arena *arena,
                         const struct byte_trie *trie, uint32_t n_tokens, size_t n_items)
{
    token_distribution_lay_out(&coder->distribution, arena, trie, n_tokens, !coder->unmixed);
    coder->parts = arena_take(arena, coder->unmixed ? n_items * sizeof *coder->parts : 0);
}

void token_coder_begin_encoding(struct token_coder *coder, uint8_t *out, size_t out_cap)
{
    bc_encoder_init(&coder->enc, out, out_cap);
}

void token_coder_begin_decoding(struct token_coder *coder, const uint8_t *in, size_t n_in)
{
    if (coder->unmixed)
        rans_decoder_init(&coder->rans, in, n_in);
    else
        bc_decoder_init(&coder->dec, in, n_in);
}

bool token_coder_is_hopeless(const struct token_coder *coder)
{
    if (coder->unmixed)
        return coder->encoding ? coder->model_bytes > coder->enc.out_cap
                               : coder->rans.pos > coder->rans.n_in;
    return coder->encoding ? coder->enc.overflow : coder->dec.pos > coder->dec.n_in + 8;
}

size_t token_coder_n_coded(const struct token_coder *coder)
{
    return coder->unmixed ? (size_t)coder->model_bytes : coder->enc.n_out;
}

size_t token_coder_finish(struct token_coder *coder, uint8_t *out, size_t out_cap)
{
    return coder->unmixed ? rans_encode(coder->parts, coder->n_parts, out, out_cap)
                          : bc_encoder_finish(&coder->enc);
}

bool token_coder_is_done(const struct token_coder *coder)
{
    return !coder->unmixed || rans_decoder_is_done(&coder->rans);
}
