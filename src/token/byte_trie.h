/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte trie of a vocabulary's items (vocabulary.h), walked by binary decisions.
 *
 * An item is spelled as decisions, most significant first. Before each byte stands an end flag: 0
 * the item ends here, 1 it goes on; then the byte's 8 bits from the highest down. So decision 9 d
 * is the end flag after d bytes, decision 9 d + 1 + i is bit 7 - i of byte d, and an item of n
 * bytes is spelled by its first 9 n + 1 decisions, of which the last is a 0.
 *
 * The items are sorted by these decisions, which is their order byte by byte, a prefix first; each
 * has a place in this order. All items that share their first decisions then stand together: places
 * low .. high - 1. The next decision parts them at one place: low .. split - 1 have a 0, split ..
 * high - 1 have a 1. With prefix sums of the items' probabilities by place, cum[i] = mass of places
 * 0 .. i - 1, a decision's probability is two differences:
 *
 *     P(1) = (cum[high] - cum[split]) / (cum[high] - cum[low])
 *
 * Where all items left agree, the decision is *forced*: nothing is coded. Of n items, exactly n - 1
 * decisions in the whole trie are not forced; each parts its items at another place, so they are
 * stored in an array by that place, 8 bytes a link and 4 a position. A step of the walk is one
 * look-up there: no search, whatever the vocabulary's size.
 *
 *     struct byte_trie_walk walk = byte_trie_start(trie);
 *     bool more;
 *     do {
 *         if (byte_trie_is_open(trie, &walk))
 *             bit = place >= walk.split    (encoder; the decoder decodes it)
 *         else
 *             bit = byte_trie_forced(trie, &walk);
 *         more = byte_trie_take(trie, &walk, bit);
 *     } while (more);
 *     the item's place is walk.low, its number trie->items[walk.low]
 *
 * The caller keeps the prefix sums. Use integers: sums of floats in this order lose the rare items.
 * An item without mass can still be coded if its decisions' probabilities are clamped away from 0.
 * The trie of 256 items of one byte is a byte-level model's. Read-only after creation.
 */
#ifndef TACIT_TOKEN_BYTE_TRIE_H
#define TACIT_TOKEN_BYTE_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "tacit/status.h"
#include "token/tokenizer.h"

#define BYTE_TRIE_NONE UINT32_MAX

/* The open decision that parts its items at the place which is this node's index. */
struct byte_trie_node {
    uint32_t child[2]; /* the next open decision of either part; 0: the part is a single item */
    uint32_t position; /* which decision it is, counted from the item's start */
};

struct byte_trie {
    uint32_t n_places; /* items that have bytes */
    uint32_t n_items;
    uint32_t root;                /* the first open decision; 0 if there is one place only */
    struct byte_trie_node *nodes; /* [n_places]; nodes[0] is not used */
    uint32_t *items;              /* [n_places]: the item at a place */
    uint32_t *places;  /* [n_items]: the place of an item, BYTE_TRIE_NONE if it has no bytes */
    uint32_t *offsets; /* [n_places + 1] into bytes: items by place */
    uint8_t *bytes;
};

enum { BYTE_TRIE_BYTE_DECISIONS = 9 }; /* a byte's end flag and its 8 bits */

struct byte_trie_walk {
    uint32_t low, high; /* the items that are left: places low .. high - 1 */
    uint32_t split;     /* where the next open decision parts them; 0 if one is left */
    uint32_t position;  /* decisions taken */
};

/* bytes[i]: of item i, copied; empty: the item gets no place. TACIT_ERR_ARGUMENT: all are empty, two
 * are the same, or one has 2^24 bytes or more; TACIT_ERR_MEMORY. On failure *trie is NULL. */
enum tacit_status byte_trie_create(struct byte_trie **trie, const struct byte_view *bytes,
                                   uint32_t n_items);

/* The trie of all items that text can become, bare bytes included: each of the 256 bytes can begin
 * an item, so that any bytes can be spelled. */
enum tacit_status byte_trie_of_tokenizer(struct byte_trie **trie,
                                         const struct tokenizer *tokenizer);

/* NULL is allowed. */
void byte_trie_destroy(struct byte_trie *trie);

static inline struct byte_view byte_trie_bytes(const struct byte_trie *trie, uint32_t place)
{
    uint32_t start = trie->offsets[place];
    return (struct byte_view){trie->bytes + start, trie->offsets[place + 1] - start};
}

static inline struct byte_trie_walk byte_trie_start(const struct byte_trie *trie)
{
    return (struct byte_trie_walk){.low = 0, .high = trie->n_places, .split = trie->root};
}

/* Bytes of the item that are known. */
static inline uint32_t byte_trie_depth(const struct byte_trie_walk *walk)
{
    return walk->position / BYTE_TRIE_BYTE_DECISIONS;
}

/* Decisions taken since the last byte was known: 0 .. 8. */
static inline uint32_t byte_trie_step(const struct byte_trie_walk *walk)
{
    return walk->position % BYTE_TRIE_BYTE_DECISIONS;
}

/* Whether the decision that comes now is an end flag. */
static inline bool byte_trie_at_end(const struct byte_trie_walk *walk)
{
    return byte_trie_step(walk) == 0;
}

/* Whether the items left differ in the decision that comes now. */
static inline bool byte_trie_is_open(const struct byte_trie *trie,
                                     const struct byte_trie_walk *walk)
{
    return walk->split && trie->nodes[walk->split].position == walk->position;
}

/* The decision that comes now, where it is not open. */
static inline unsigned byte_trie_forced(const struct byte_trie *trie,
                                        const struct byte_trie_walk *walk)
{
    uint32_t depth = byte_trie_depth(walk), step = byte_trie_step(walk);
    uint32_t start = trie->offsets[walk->low];
    if (step == 0)
        return trie->offsets[walk->low + 1] - start > depth;
    return trie->bytes[start + depth] >> (8 - step) & 1;
}

/* Takes the decision that comes now; a forced one with the value that byte_trie_forced gives. Returns
 * false when it was the end flag and said that the item ends: then low is its place. */
static inline bool byte_trie_take(const struct byte_trie *trie, struct byte_trie_walk *walk,
                                  unsigned bit)
{
    bool ends = bit == 0 && byte_trie_at_end(walk);
    if (byte_trie_is_open(trie, walk)) {
        uint32_t split = walk->split;
        walk->split = trie->nodes[split].child[bit];
        if (bit)
            walk->low = split;
        else
            walk->high = split;
    }
    walk->position++;
    return !ends;
}

#endif
