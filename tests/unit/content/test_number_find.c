/* SPDX-License-Identifier: Apache-2.0
 *
 * Stretches of numbers are found within text and tables and nowhere else; logs, prose and a few numbers
 * are none; the split always holds all bytes.
 */
#include "content/number_find.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "content_test.h"
#include "golden/golden_content.h"

enum { N = 120000, SPLIT_MAX = 64 };

static uint8_t data[N];
static struct content_segment split[SPLIT_MAX];

static void fill_pairs(uint8_t *to, size_t n)
{
    char pair[32];
    for (size_t i = 0; i < n;) {
        int length = snprintf(pair, sizeof pair, "[%d,%u],", (int)below(90) - 45, below(900));
        for (int j = 0; j < length && i < n; j++)
            to[i++] = (uint8_t)pair[j];
    }
}

/* Finds numbers in data[0 .. n). Returns the number of segments. */
static size_t find(size_t n, size_t max)
{
    size_t total = 0, n_split = content_split(data, n, split, max);
    n_split = number_find(data, split, n_split, max);
    CHECK(n_split <= max);
    for (size_t i = 0; i < n_split; i++) {
        CHECK(split[i].n_bytes > 0);
        total += split[i].n_bytes;
    }
    CHECK(total == n);
    return n_split;
}

static size_t numbers_in(size_t n_split)
{
    size_t n = 0;
    for (size_t i = 0; i < n_split; i++)
        n += split[i].content.type == CONTENT_NUMBERS ? split[i].n_bytes : 0;
    return n;
}

static void check_kinds(void)
{
    static const struct {
        enum golden_class kind;
        bool numbers;
    } rows[] = {{GOLDEN_numbers, true}, {GOLDEN_csv, true},      {GOLDEN_prose, false},
                {GOLDEN_log, false},    {GOLDEN_source, false},  {GOLDEN_markup, false},
                {GOLDEN_x86, false},    {GOLDEN_records, false}, {GOLDEN_random, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        golden_fill(data, N, rows[i].kind);
        size_t n_numbers = numbers_in(find(N, SPLIT_MAX));
        CHECK_MSG(rows[i].numbers ? n_numbers == N : n_numbers == 0, "%s: %zu",
                  golden_class_name(rows[i].kind), n_numbers);
    }
}

/* Numbers in the midst of prose, a few and many; their bounds to two windows. */
static void check_midst(void)
{
    enum { START = 40000, WINDOW = 4096 };
    static const size_t lengths[] = {0, 3000, 10000, 20000, 60000, N - START};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        golden_fill(data, N, GOLDEN_prose);
        fill_pairs(data + START, lengths[i]);
        size_t n_split = find(N, SPLIT_MAX), n_numbers = numbers_in(n_split);
        bool enough = lengths[i] >= N / 8;
        CHECK_MSG(enough
                      ? n_numbers + 2 * WINDOW > lengths[i] && n_numbers < lengths[i] + 2 * WINDOW
                      : n_numbers == 0,
                  "%zu: %zu", lengths[i], n_numbers);
        CHECK(!enough || split[0].content.type == CONTENT_TEXT);
        find(N, 1);
        find(N, 2);
    }
}

static void check_lengths(void)
{
    fill_pairs(data, N);
    for (size_t n = 1; n < 20000; n += 397)
        CHECK(numbers_in(find(n, SPLIT_MAX)) == (n < 4096 ? 0 : n));
    memset(data, '7', N);
    for (size_t n = 1; n < 20000; n += 797)
        find(n, 2);
}

int main(void)
{
    check_kinds();
    check_midst();
    check_lengths();
    return check_result();
}
