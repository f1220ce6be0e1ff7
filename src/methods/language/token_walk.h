/* SPDX-License-Identifier: Apache-2.0
 *
 * A walk down the byte trie to an item, with a language model's distribution and context models:
 * the model's probability of a decision becomes the context models' hint (predict/context_mixer.h).
 */
#ifndef TACIT_METHODS_LANGUAGE_TOKEN_WALK_H
#define TACIT_METHODS_LANGUAGE_TOKEN_WALK_H

#include <stdint.h>

#include "engine/token_distribution.h"
#include "predict/context_mixer.h"

/* The model's probability of the next decision, which is open, as a hint for the context models. */
struct context_hint token_hint(const struct token_distribution *distribution,
                               const struct byte_trie_walk *walk);

/* Codes, decodes or computes the cost of an open decision; cm learns it. bit: the decision, if
 * known. Returns the decision. */
typedef int token_decide(void *context, const struct byte_trie_walk *walk, int bit);

/* Only for speed: call it while the distribution is still to be made, behind whatever chooses the stream and its content.
 * An item without bytes would end at once; its end is predicted before the components turn to a byte. */
static inline void token_walk_expect(const struct byte_trie *trie, struct context_mixer *cm)
{
    struct byte_trie_walk walk = byte_trie_start(trie);
    context_mixer_begin_item(cm);
    if (!byte_trie_is_open(trie, &walk))
        context_mixer_turn(cm);
}

/* Walks down the trie to an item; returns its place. place: the item's, if known. cm passes over
 * forced bits. Inline, so that each caller's `decide` is inline too. */
static inline uint32_t token_walk(const struct byte_trie *trie, struct context_mixer *cm,
                                  uint32_t place, token_decide *decide, void *context)
{
    struct byte_trie_walk walk = byte_trie_start(trie);
    int bit;
    context_mixer_begin_item(cm);
    do {
        if (byte_trie_is_open(trie, &walk)) {
            bit = decide(context, &walk, place >= walk.split);
        } else {
            bit = (int)byte_trie_forced(trie, &walk);
            if (!byte_trie_at_end(&walk))
                context_mixer_pass(cm, bit);
        }
    } while (byte_trie_take(trie, &walk, (unsigned)bit));
    context_mixer_end_item(cm, byte_trie_depth(&walk));
    return walk.low;
}

#endif
