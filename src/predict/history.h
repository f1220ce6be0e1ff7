/* SPDX-License-Identifier: Apache-2.0
 *
 * The past of one stream: its bytes, in a ring, and the bits of the present byte so far.
 */
#ifndef TACIT_PREDICT_HISTORY_H
#define TACIT_PREDICT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "content/content.h"

/* What is known of a byte in the ring: whether an item of the language model ended behind it. */
enum item_mark { ITEM_UNKNOWN, ITEM_GOES_ON, ITEM_ENDS, ITEM_MARKS };

struct history {
    uint8_t *ring;          /* [mask + 1]; zeros before the first byte */
    uint8_t *item_marks;    /* an enum item_mark in two bits for each byte of the ring; NULL: there
                             * is no language model */
    uint32_t mask;          /* a power of two less 1 */
    bool whole;             /* the ring holds all content: no position is ever too old */
    uint32_t n;             /* bytes so far, modulo 2^32 */
    unsigned bit;           /* bits of the present byte so far, 0 .. 7 */
    unsigned partial;       /* a 1, then those bits: 1 .. 255 */
    bool fresh;             /* the present byte is an item's first */
    uint64_t last8;         /* the last eight bytes, the newest lowest */
    struct content content; /* the content type of the present bytes */
    uint32_t content_start; /* n at which that content began */
};

/* The byte that lies distance (1 .. mask + 1) back. */
static inline unsigned history_byte(const struct history *h, uint32_t distance)
{
    return h->ring[(h->n - distance) & h->mask];
}

/* Whether the byte at a position before n, or of another stream, is still in the ring. */
static inline bool history_holds(const struct history *h, uint32_t position)
{
    return h->whole || h->n - position <= h->mask;
}

/* The last n bytes (1 .. 8) as a number, the newest lowest. */
static inline uint64_t history_last(const struct history *h, unsigned n)
{
    return n >= 8 ? h->last8 : h->last8 & ((UINT64_C(1) << (8 * n)) - 1);
}

static inline enum item_mark history_item_mark(const struct history *h, uint32_t position)
{
    uint32_t at = position & h->mask;
    return (enum item_mark)(h->item_marks[at / 4] >> at % 4 * 2 & 3);
}

static inline void history_mark_item(struct history *h, uint32_t position, enum item_mark mark)
{
    uint32_t at = position & h->mask, shift = at % 4 * 2;
    h->item_marks[at / 4] =
        (uint8_t)((h->item_marks[at / 4] & ~(3u << shift)) | (unsigned)mark << shift);
}

/* Takes in a whole byte. */
static inline void history_push_byte(struct history *h, uint8_t byte)
{
    h->ring[h->n & h->mask] = byte;
    if (h->item_marks)
        history_mark_item(h, h->n, ITEM_UNKNOWN);
    h->n++;
    h->fresh = false;
    h->last8 = h->last8 << 8 | byte;
    h->partial = 1;
}

/* Takes in a bit; true if it completed a byte. */
static inline bool history_push(struct history *h, int bit)
{
    h->partial = h->partial << 1 | (unsigned)bit;
    h->bit = (h->bit + 1) & 7;
    if (h->bit != 0)
        return false;
    history_push_byte(h, (uint8_t)h->partial);
    return true;
}

#endif
