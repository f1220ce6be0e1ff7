/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/token_coder.h"

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

static struct cm_hint hint_of(const struct token_coder *coder, const struct trie_walk *walk)
{
    float x = token_distribution_stretch(&coder->distribution, walk);
    x = x > CM_HINT_MAX ? CM_HINT_MAX : x < -CM_HINT_MAX ? -CM_HINT_MAX : x;
    return (struct cm_hint){.stretch = x, .context = hint_context(walk, x)};
}

static int code_bit(struct token_coder *coder, int bit, uint32_t p1)
{
    if (!coder->encoding)
        return bc_decode(&coder->dec, p1);
    bc_encode(&coder->enc, bit, p1);
    return bit;
}

/* A decision in which the words left differ. */
static int code_open(struct token_coder *coder, const struct trie_walk *walk, int bit)
{
    struct cm_hint hint = hint_of(coder, walk);
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

uint32_t token_coder_step(struct token_coder *coder, const float *logits, uint32_t item)
{
    const struct byte_trie *trie = coder->distribution.trie;
    uint32_t place = coder->encoding ? trie->places[item] : 0;
    struct trie_walk walk = trie_start(trie);
    int bit;
    token_distribution_set(&coder->distribution, coder->kernels, logits);
    do {
        if (trie_is_open(trie, &walk)) {
            bit = code_open(coder, &walk, place >= walk.split);
        } else {
            bit = (int)trie_forced(trie, &walk);
            if (walk.position % 9 != 0)
                cm_pass(coder->cm, bit);
        }
    } while (trie_take(trie, &walk, (unsigned)bit));
    return trie->items[walk.low];
}
