/* SPDX-License-Identifier: Apache-2.0 */
#include "text_items.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "text_pieces.h"

enum { NONE = -1, PART_MAX = 65536, TOKEN_MAX = 65535 };

struct merging {
    const struct model *model;
    const struct items *items;
    struct cutter cutter;
    int64_t *rank; /* form 3: [n_tokens], of tokens that merges make */
};

/* The place of the item with these bytes, or NONE. */
static int64_t place_of(const struct items *items, const uint8_t *bytes, uint32_t n)
{
    uint32_t low = 0, high = items->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct item *item = &items->item[middle];
        int order = memcmp(item->bytes, bytes, item->n < n ? item->n : n);
        if (order == 0 && item->n == n)
            return middle;
        if (order < 0 || (order == 0 && item->n < n))
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

/* The rank of a pair of neighbours, or NONE; what they become goes to *joined. */
static int64_t rank_of(const struct merging *m, uint32_t left, uint32_t right, uint32_t *joined)
{
    static uint8_t bytes[2 * TOKEN_MAX];
    const struct items *items = m->items;
    const struct item *a = &items->item[left], *b = &items->item[right];
    if (a->token == items->n_tokens || b->token == items->n_tokens)
        return NONE;
    memcpy(bytes, a->bytes, a->n);
    memcpy(bytes + a->n, b->bytes, b->n);
    int64_t place = place_of(items, bytes, a->n + b->n);
    if (place == NONE)
        return NONE;
    *joined = (uint32_t)place;
    if (m->model->form == 2) /* joined */
        return items->item[place].token;
    if (m->model->form == 3)
        return m->rank[items->item[place].token];
    for (uint32_t i = 0; i < m->model->n_rules; i++)
        if (number(m->model->rules + 8 * (size_t)i, 4) == a->token &&
            number(m->model->rules + 8 * (size_t)i + 4, 4) == b->token)
            return i;
    return NONE;
}

static uint32_t merge(const struct merging *m, uint32_t *places, uint32_t n)
{
    for (;;) {
        int64_t best = NONE;
        uint32_t at = 0, becomes = 0, joined = 0;
        for (uint32_t i = 0; i + 1 < n; i++) {
            int64_t rank = rank_of(m, places[i], places[i + 1], &joined);
            if (rank != NONE && (best == NONE || rank < best)) {
                best = rank;
                at = i;
                becomes = joined;
            }
        }
        if (best == NONE)
            return n;
        places[at] = becomes;
        n--;
        memmove(places + at + 1, places + at + 2, (n - at - 1) * sizeof *places);
    }
}

/* The first items of a piece: bytes, with SentencePiece characters that are tokens. */
static uint32_t first_items(const struct merging *m, const uint8_t *p, uint32_t n, uint32_t *places)
{
    uint32_t n_places = 0, code;
    for (uint32_t i = 0; i < n;) {
        uint32_t length = m->model->form == 3 ? character(p + i, n - i, &code) : 1;
        int64_t place = length > 1 ? place_of(m->items, p + i, length) : NONE;
        if (place != NONE) {
            places[n_places++] = (uint32_t)place;
            i += length;
            continue;
        }
        for (uint32_t end = i + (length > 0 ? length : 1); i < end; i++)
            places[n_places++] = (uint32_t)place_of(m->items, p + i, 1);
    }
    return n_places;
}

static uint32_t items_of_piece(const struct merging *m, const uint8_t *p, uint32_t n,
                               uint32_t *places)
{
    int64_t whole =
        m->cutter.whole || cut_out_length(&m->cutter, p, n) == n ? place_of(m->items, p, n) : NONE;
    if (whole == NONE)
        return merge(m, places, first_items(m, p, n, places));
    places[0] = (uint32_t)whole;
    return 1;
}

static void take_ranks(struct merging *m)
{
    const struct model *model = m->model;
    m->rank = calloc(model->n_tokens, sizeof *m->rank);
    require(m->rank != NULL, "out of memory");
    for (uint32_t i = 0; i < model->n_tokens; i++)
        m->rank[i] = NONE;
    for (uint32_t i = model->n_rules; i-- > 0;)
        if (number(model->rules + 8 * (size_t)i + 4, 4) == 0)
            m->rank[number(model->rules + 8 * (size_t)i, 4)] = i;
}

uint32_t text_items(const struct model *model, const struct items *items, const uint8_t *text,
                    uint32_t n, uint32_t *places)
{
    struct merging m = {.model = model, .items = items};
    uint32_t n_places = 0;
    make_cutter(&m.cutter, model);
    if (model->form == 3)
        take_ranks(&m);
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + text_piece(&m.cutter, text + i, n - i);
        while (i < end) {
            uint32_t length = end - i < PART_MAX ? end - i : PART_MAX;
            n_places += items_of_piece(&m, text + i, length, places + n_places);
            i += length;
        }
    }
    free_cutter(&m.cutter);
    free(m.rank);
    return n_places;
}
