/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_database.h"

#include <stdbool.h>
#include <string.h>

enum { PAGE = GOLDEN_DATABASE_PAGE, FILE_HEADER = 100, ROWS_A_PAGE = 8, LONG_TEXT = 900 };

enum { INDEX_INSIDE = 2, TABLE_INSIDE = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

struct bytes {
    uint8_t data[PAGE];
    uint32_t n;
};

struct page {
    uint8_t *data;
    uint32_t head, n_head, n_cells, end; /* cells lie from end on */
};

static uint32_t below(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * n >> 32);
}

static void put(struct bytes *b, uint64_t value, uint32_t n)
{
    while (n-- > 0 && b->n < PAGE)
        b->data[b->n++] = (uint8_t)(value >> 8 * n);
}

static void put_varint(struct bytes *b, uint64_t value)
{
    uint32_t n = 1;
    while (value >> 7 * n != 0)
        n++;
    while (n-- > 0)
        put(b, (value >> 7 * n & 0x7f) | (n > 0 ? 0x80 : 0), 1);
}

static void put_words(struct bytes *b, uint32_t n, uint64_t *state)
{
    static const char words[] = "table index river page stone leaf ";
    uint32_t at = below(state, sizeof words - 1);
    for (uint32_t i = 0; i < n; i++)
        put(b, (uint8_t)words[(at + i) % (sizeof words - 1)], 1);
}

static void begin_page(struct page *p, uint32_t kind, uint32_t n_head)
{
    p->data[p->head] = (uint8_t)kind;
    p->n_head = n_head;
}

static bool add_cell(struct page *p, const struct bytes *cell)
{
    uint32_t pointer = p->head + p->n_head + 2 * p->n_cells;
    if (p->end < pointer + 2 + cell->n)
        return false;
    uint32_t at = p->end - cell->n;
    memcpy(p->data + at, cell->data, cell->n);
    p->data[pointer] = (uint8_t)(at >> 8);
    p->data[pointer + 1] = (uint8_t)at;
    p->data[p->head + 4] = (uint8_t)++p->n_cells;
    p->data[p->head + 5] = (uint8_t)(at >> 8);
    p->data[p->head + 6] = (uint8_t)at;
    p->end = at;
    return true;
}

/* Nothing, an integer of four bytes, a text, a real number, the constant 1, a blob, an integer of one byte. */
static void make_row(struct bytes *cell, uint32_t row, uint64_t *state)
{
    struct bytes values = {.n = 0};
    uint32_t n_text = 3 + below(state, 9), n_blob = below(state, 4);
    put(&values, 1700000000 + row * 60, 4);
    put_words(&values, n_text, state);
    put(&values, UINT64_C(0x4044000000000000) + ((uint64_t)below(state, 999) << 32), 8);
    put(&values, below(state, UINT32_MAX), n_blob);
    put(&values, below(state, 7), 1);
    put_varint(cell, 8 + values.n);
    put_varint(cell, row);
    put(cell, 8, 1);
    put(cell, 0, 1);
    put(cell, 4, 1);
    put(cell, 13 + 2 * n_text, 1);
    put(cell, 7, 1);
    put(cell, 9, 1);
    put(cell, 12 + 2 * n_blob, 1);
    put(cell, 1, 1);
    for (uint32_t i = 0; i < values.n; i++)
        put(cell, values.data[i], 1);
}

/* A text and the number of its row. */
static void put_key(struct bytes *cell, uint32_t row, uint64_t *state)
{
    uint32_t n_text = 4 + below(state, 4);
    put_varint(cell, 3 + n_text + 2);
    put(cell, 3, 1);
    put(cell, 13 + 2 * n_text, 1);
    put(cell, 2, 1);
    put_words(cell, n_text, state);
    put(cell, row, 2);
}

/* A record of which 40 bytes lie here, as SQLite's rule has it, and the rest elsewhere. */
static void make_long_row(struct bytes *cell, uint32_t row, uint64_t *state)
{
    uint32_t n = 3 + LONG_TEXT, least = (PAGE - 12) * 32 / 255 - 23;
    uint32_t n_local = least + (n - least) % (PAGE - 4);
    put_varint(cell, n);
    put_varint(cell, row);
    put(cell, 3, 1);
    put_varint(cell, 13 + 2 * LONG_TEXT);
    put_words(cell, (n_local <= PAGE - 35 ? n_local : least) - 3, state);
    put(cell, row, 4);
}

static void fill_page(struct page *p, uint32_t kind, uint32_t number, uint64_t *state)
{
    bool inside = kind == INDEX_INSIDE || kind == TABLE_INSIDE, fits = true;
    begin_page(p, kind, inside ? 12 : 8);
    for (uint32_t i = 0; i < 3 * ROWS_A_PAGE && fits; i++) {
        struct bytes cell = {.n = 0};
        uint32_t row = number * ROWS_A_PAGE + i;
        if (inside)
            put(&cell, 4 + i, 4);
        if (kind == TABLE_INSIDE)
            put_varint(&cell, row * 10);
        else if (kind != TABLE_LEAF)
            put_key(&cell, row, state);
        else if (number % 5 == 4 && i == 0)
            make_long_row(&cell, row, state);
        else
            make_row(&cell, row, state);
        fits = add_cell(p, &cell);
    }
}

void golden_database_page(uint8_t page[GOLDEN_DATABASE_PAGE], uint32_t number, uint64_t *state)
{
    static const uint8_t kinds[6] = {TABLE_LEAF, TABLE_INSIDE, INDEX_INSIDE,
                                     TABLE_LEAF, TABLE_LEAF,   INDEX_LEAF};
    struct page p = {.data = page, .head = number == 1 ? FILE_HEADER : 0, .end = PAGE};
    memset(page, 0, PAGE);
    if (number == 1) {
        memcpy(page, "SQLite format 3", 16);
        memcpy(page + 16, "\x02\x00\x01\x01\x00\x40\x20\x20", 8);
    }
    if (number % 7 == 0) {
        struct bytes text = {.n = 0};
        put_words(&text, PAGE, state);
        memcpy(page, text.data, PAGE);
    } else {
        fill_page(&p, kinds[number <= 3 ? number - 1 : 3 + number % 3], number, state);
    }
}
