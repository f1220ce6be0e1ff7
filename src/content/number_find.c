/* SPDX-License-Identifier: Apache-2.0 */
#include "content/number_find.h"

#include <string.h>

enum {
    WINDOW = 1 << 12,     /* bytes that are judged together */
    DIGITS_PART = 4,      /* of which this part are digits, ... */
    SEPARATORS_PART = 32, /* ... this part separators, unless ... */
    LETTERS_PART = 4,     /* ... there are so few letters for the digits */
    NUMBERS_PART = 8,     /* of all bytes: fewer numbers are left alone */
};

/* Measured: where digits prevail over letters, the type pays, but not in logs, of which a language model knows more. Their
 * fields are parted by blanks. */
static bool is_numbers(const uint8_t *data, size_t n)
{
    size_t n_digits = 0, n_letters = 0, n_separators = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned c = data[i];
        n_digits += c - '0' < 10;
        n_letters += (c | 32u) - 'a' < 26 || c >= 128;
        n_separators += c == ',' || c == ';' || c == '\t' || c == '|';
    }
    return n_digits >= n / DIGITS_PART && n_digits > n_letters &&
           (n_separators >= n / SEPARATORS_PART || n_letters <= n_digits / LETTERS_PART);
}

/* The length of the first run of windows of one kind. A change for one window only is ignored. */
static size_t first_run(const uint8_t *data, size_t n, bool *numbers)
{
    bool before = false;
    *numbers = false;
    for (size_t start = 0; start < n; start += WINDOW) {
        bool now = is_numbers(data + start, n - start < WINDOW ? n - start : WINDOW);
        if (start == 0)
            *numbers = now;
        else if (now != *numbers && now == before)
            return start - WINDOW;
        before = now;
    }
    return n;
}

static bool may_be_numbers(const struct content_segment *segment)
{
    return (CONTENT_BIT(segment->content.type) &
            (CONTENT_BIT(CONTENT_TEXT) | CONTENT_BIT(CONTENT_TABLE))) != 0 &&
           segment->n_bytes >= WINDOW;
}

size_t number_find_bytes(const uint8_t *data, const struct content_segment *split, size_t n_split)
{
    size_t n_numbers = 0, start = 0;
    for (size_t i = 0; i < n_split; i++) {
        size_t n = may_be_numbers(&split[i]) ? split[i].n_bytes : 0;
        for (size_t at = 0, length; at < n; at += length) {
            bool numbers;
            length = first_run(data + start + at, n - at, &numbers);
            n_numbers += numbers ? length : 0;
        }
        start += split[i].n_bytes;
    }
    return n_numbers;
}

size_t number_find(const uint8_t *data, struct content_segment *split, size_t n_split, size_t max)
{
    size_t n_numbers = number_find_bytes(data, split, n_split), n_all = 0;
    for (size_t i = 0; i < n_split; i++)
        n_all += split[i].n_bytes;
    if (n_numbers == 0 || n_numbers < n_all / NUMBERS_PART)
        return n_split;
    for (size_t i = 0; i < n_split; data += split[i++].n_bytes) {
        bool numbers = false;
        uint32_t n = split[i].n_bytes;
        if (!may_be_numbers(&split[i]))
            continue;
        uint32_t length = (uint32_t)first_run(data, n, &numbers);
        if (length < n) {
            if (n_split == max)
                continue;
            memmove(split + i + 1, split + i, (n_split++ - i) * sizeof *split);
            split[i].n_bytes = length;
            split[i + 1].n_bytes = n - length;
        }
        if (numbers)
            split[i].content.type = CONTENT_NUMBERS;
    }
    return n_split;
}
