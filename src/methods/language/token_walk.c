/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/token_walk.h"

enum { DEPTH_KINDS = 4, WIDTH_KINDS = 16, DOUBT_KINDS = 4 };

/* The context that tells how far to trust the language model: bytes of the item so far, items left,
 * the model's certainty. */
static uint32_t hint_context(const struct byte_trie_walk *walk, float stretch)
{
    uint32_t depth = byte_trie_depth(walk), width = 0, doubt;
    float size = stretch < 0 ? -stretch : stretch;
    for (uint32_t n = walk->high - walk->low; n > 1; n >>= 1)
        width++;
    doubt = size < 1.0f ? 0 : size < 3.0f ? 1 : size < 6.0f ? 2 : 3;
    depth = depth < DEPTH_KINDS ? depth : DEPTH_KINDS - 1;
    width = width < WIDTH_KINDS ? width : WIDTH_KINDS - 1;
    return (depth * WIDTH_KINDS + width) * DOUBT_KINDS + doubt;
}

struct context_hint token_hint(const struct token_distribution *distribution,
                               const struct byte_trie_walk *walk)
{
    float x = token_distribution_stretch(distribution, walk);
    x = x > CONTEXT_HINT_MAX ? CONTEXT_HINT_MAX : x < -CONTEXT_HINT_MAX ? -CONTEXT_HINT_MAX : x;
    return (struct context_hint){.stretch = x, .context = hint_context(walk, x)};
}
