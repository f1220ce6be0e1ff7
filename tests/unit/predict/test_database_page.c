/* SPDX-License-Identifier: Apache-2.0
 *
 * The follower of database pages finds every cell of real pages and knows what their sizes and counters will be; bytes that it did not see
 * one by one change nothing; no bytes lead it out of its arrays (sanitizers).
 */
#include "predict/components/binary/database_page.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden/golden_database.h"

enum { PAGE = GOLDEN_DATABASE_PAGE, N_PAGES = 24, RING = 1 << 16 };

static uint8_t ring[RING];

static struct history begin_history(uint32_t page_size, uint32_t offset)
{
    return (struct history){.ring = ring,
                            .mask = RING - 1,
                            .partial = 1,
                            .content = {CONTENT_DATABASE, page_size, offset}};
}

static void fill_pages(uint8_t *data)
{
    uint64_t state = 7;
    for (uint32_t i = 0; i < N_PAGES; i++)
        golden_database_page(data + (size_t)i * PAGE, i + 1, &state);
}

/* Whether a byte is the first of a cell, by the page's own pointers. */
static bool begins_cell(const uint8_t *page, uint32_t number, uint32_t at)
{
    uint32_t head = number == 1 ? 100 : 0, kind = page[head];
    if (kind != 2 && kind != 5 && kind != 10 && kind != 13)
        return false;
    const uint8_t *pointer = page + head + (kind < 10 ? 12 : 8);
    for (uint32_t i = 0; i < page[head + 4]; i++)
        if ((uint32_t)(pointer[2 * i] << 8 | pointer[2 * i + 1]) == at)
            return true;
    return false;
}

static void check_cells(void)
{
    static uint8_t data[N_PAGES * PAGE];
    struct database_page *page = calloc(1, sizeof *page);
    struct history h = begin_history(PAGE, 0);
    uint32_t n_cells = 0, n_sizes = 0, n_known = 0, n_values = 0, n_spilt = 0;
    fill_pages(data);
    for (uint32_t i = 0; i < sizeof data; i++) {
        database_page_follow(page, &h);
        bool begins = begins_cell(data + i / PAGE * PAGE, i / PAGE + 1, i % PAGE);
        bool follows = page->place == 0 && (page->kind >= 10 ? page->part == DATABASE_SIZE
                                                             : page->part == DATABASE_CHILD);
        CHECK_MSG(!begins || follows, "page %u, byte %u", i / PAGE + 1, i % PAGE);
        n_cells += begins;
        if (page->part == DATABASE_SIZE && page->place == 0 && page->kind >= 10) {
            n_sizes++;
            n_known += page->n_expected > 0 && page->expected[0] == data[i];
        }
        n_values += page->part == DATABASE_VALUE && page->place == 0;
        n_spilt += page->part == DATABASE_OVERFLOW;
        history_push_byte(&h, data[i]);
    }
    CHECK(n_cells > 100 && n_values > 3 * n_cells / 2);
    CHECK_MSG(n_spilt >= 4 && n_spilt % 4 == 0, "%u bytes of numbers of overflow pages", n_spilt);
    CHECK_MSG(n_known * 10 > n_sizes * 9, "%u of %u sizes", n_known, n_sizes);
    free(page);
}

/* As after a copy, or where a segment begins within a page. */
static void check_gaps(void)
{
    static uint8_t data[N_PAGES * PAGE];
    struct database_page *all = calloc(1, sizeof *all), *some = calloc(1, sizeof *some);
    struct history h = begin_history(PAGE, 0);
    fill_pages(data);
    for (uint32_t i = 0, next = 0; i < sizeof data; i++) {
        database_page_follow(all, &h);
        if (i == next) {
            database_page_follow(some, &h);
            CHECK_MSG(some->part == all->part && some->at == all->at && some->place == all->place &&
                          memcmp(some->is_start, all->is_start, PAGE / 8) == 0,
                      "byte %u", i);
            next += 1 + i * 7 % 90;
        }
        history_push_byte(&h, data[i]);
    }
    free(all);
    free(some);
}

static void check_any_bytes(void)
{
    struct database_page *page = calloc(1, sizeof *page);
    uint64_t state = 3;
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t size = CONTENT_PAGE_MIN << round % 8;
        struct history h = begin_history(size, round % 3 == 0 ? 0 : (uint32_t)(state % size));
        h.n = h.content_start = round % 5 * 1000;
        uint8_t start[PAGE];
        golden_database_page(start, round % 9 + 1, &state);
        for (uint32_t i = 0; i < 2000; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            uint8_t any = (uint8_t)(state >> 56);
            bool kept = i < PAGE && any < 240;
            database_page_follow(page, &h);
            CHECK(page->at < size && page->part < DATABASE_N_PARTS);
            history_push_byte(&h, kept ? start[i] : any);
        }
    }
    free(page);
}

int main(void)
{
    check_cells();
    check_gaps();
    check_any_bytes();
    return check_result();
}
