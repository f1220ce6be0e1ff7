/* SPDX-License-Identifier: Apache-2.0 */
#include "text_items.h"

#include <string.h>

#include "archive_input.h"

enum class { SIGN, LETTER, DIGIT, SPACE };
enum { PIECE_MAX = 32, NONE = -1 };

static enum class class_of(uint8_t c) {
    if (c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return LETTER;
    if (c >= '0' && c <= '9') return DIGIT;
    return c == ' ' || (c >= 9 && c <= 13) ? SPACE : SIGN;
}

/* Where a run of a class from p[0] on ends. */
static uint32_t run_of(const uint8_t *p, uint32_t n, enum class wanted)
{
    uint32_t i = 0;
    while (i < n && i < PIECE_MAX && class_of(p[i]) == wanted)
        i++;
    return i;
}

/* Letters from p[at] on: from byte 24 on only what continues a character. */
static uint32_t letters(const uint8_t *p, uint32_t n, uint32_t at)
{
    while (at < n && at < PIECE_MAX && class_of(p[at]) == LETTER &&
           (at < 24 || (p[at] & 0xc0) == 0x80))
        at++;
    return at;
}

/* Length of the piece at p. */
static uint32_t piece(const uint8_t *p, uint32_t n)
{
    enum class class = class_of(p[0]);
    if (class == DIGIT)
        return 1;
    if (class == LETTER)
        return letters(p, n, 0);
    uint32_t run = run_of(p, n, class);
    enum class next = run < n ? class_of(p[run]) : DIGIT;
    int leads = class == SIGN || p[run - 1] == ' ';
    if (next == LETTER && leads)
        return run == 1 ? letters(p, n, 1) : run - 1;
    if (class != SPACE || next != SIGN || !leads)
        return run;
    if (run > 1)
        return run - 1;
    uint32_t signs = run_of(p + 1, n - 1, SIGN);
    return signs == PIECE_MAX ? 1 : 1 + signs;
}

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
static int64_t rank_of(const struct model *model, const struct items *items, uint32_t left,
                       uint32_t right, uint32_t *joined)
{
    const struct item *a = &items->item[left], *b = &items->item[right];
    uint8_t bytes[2 * PIECE_MAX];
    if (a->token == items->n_tokens || b->token == items->n_tokens || a->n + b->n > PIECE_MAX)
        return NONE;
    memcpy(bytes, a->bytes, a->n);
    memcpy(bytes + a->n, b->bytes, b->n);
    int64_t place = place_of(items, bytes, a->n + b->n);
    if (place == NONE)
        return NONE;
    *joined = (uint32_t)place;
    if (model->form == 2) /* joined */
        return items->item[place].token;
    for (uint32_t i = 0; i < model->n_rules; i++)
        if (number(model->rules + 8 * (size_t)i, 4) == a->token &&
            number(model->rules + 8 * (size_t)i + 4, 4) == b->token)
            return i;
    return NONE;
}

static uint32_t merge(const struct model *model, const struct items *items, uint32_t *places,
                      uint32_t n)
{
    for (;;) {
        int64_t best = NONE;
        uint32_t at = 0, becomes = 0, joined = 0;
        for (uint32_t i = 0; i + 1 < n; i++) {
            int64_t rank = rank_of(model, items, places[i], places[i + 1], &joined);
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

uint32_t text_items(const struct model *model, const struct items *items, const uint8_t *text,
                    uint32_t n, uint32_t *places)
{
    uint32_t n_places = 0;
    require(model->n_pre == 5 && memcmp(model->pre, "tacit", 5) == 0 &&
                (model->form == 1 || model->form == 2),
            "a pre-tokenizer that this decoder does not have");
    for (uint32_t i = 0; i < n;) {
        uint32_t length = piece(text + i, n - i);
        for (uint32_t k = 0; k < length; k++)
            places[n_places + k] = (uint32_t)place_of(items, text + i + k, 1);
        n_places += merge(model, items, places + n_places, length);
        i += length;
    }
    return n_places;
}
