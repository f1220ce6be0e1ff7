/* SPDX-License-Identifier: Apache-2.0
 *
 * The dictionary is the one of docs/format.md, and finds each of its words; any bytes become codes and come back, in any pieces;
 * what no encoder writes is refused, and no room is exceeded.
 */
#include "content/recoding/dictionary_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "check.h"
#include "content/recoding/dictionary.h"
#include "unit/samples.h"

enum { N_MAX = 6000 };

static uint8_t text[N_MAX], codes[2 * N_MAX], back[N_MAX];

static void check_dictionary(void)
{
    size_t n_all = 0, n;
    const uint8_t *first = dictionary_word(0, &n);
    for (uint32_t i = 0; i < DICTIONARY_WORDS; i++) {
        const uint8_t *word = dictionary_word(i, &n);
        n_all += n + 1;
        CHECK_MSG(n >= (i < DICTIONARY_SHORT ? 3 : 4) && n <= DICTIONARY_LETTERS_MAX, "word %u", i);
        for (size_t k = 0; k < n; k++)
            CHECK(word[k] >= 'a' && word[k] <= 'z');
        CHECK_MSG(dictionary_find(word, n) == i, "word %u is found elsewhere", i);
    }
    CHECK_MSG(hash64(first, n_all, 0) == UINT64_C(0x515d5212b2f66744), "%016" PRIx64,
              hash64(first, n_all, 0));
    CHECK(dictionary_find((const uint8_t *)"thex", 4) == DICTIONARY_WORDS);
    CHECK(dictionary_find(text, 0) == DICTIONARY_WORDS);
}

/* The codes of text[0 .. n), written in two pieces if cut is not 0. */
static size_t read_text(size_t n, size_t cut)
{
    size_t first = dictionary_text_read(text, cut, codes, sizeof codes);
    size_t rest = dictionary_text_read(text + cut, n - cut, codes + first, sizeof codes - first);
    CHECK(first <= 2 * cut && rest <= 2 * (n - cut));
    return first + rest;
}

static void check_back(size_t n, size_t cut)
{
    size_t n_codes = read_text(n, cut);
    CHECK(dictionary_text_write(codes, n_codes, back, n) == n && memcmp(back, text, n) == 0);
    CHECK(n == 0 || dictionary_text_write(codes, n_codes, back, n - 1) == SIZE_MAX);
    uint8_t *narrow = malloc(n_codes + 1); /* for the address sanitizer */
    for (size_t less = 0; less < 6 && less < n_codes; less++)
        CHECK((dictionary_text_read(text, n, narrow, n_codes - less) == SIZE_MAX) ==
              (n_codes - less < dictionary_text_read(text, n, codes, sizeof codes)));
    free(narrow);
}

static void check_samples(void)
{
    uint64_t state = 5;
    for (int kind = 0; kind < N_SAMPLE_KINDS; kind++)
        for (size_t n = 0; n < N_MAX; n += 1 + n / 3) {
            sample_fill(text, n, (enum sample_kind)kind, n);
            for (size_t k = 0; k < n / 7; k++) {
                uint8_t *c = &text[sample_rng(&state) % n];
                *c = isalpha(*c) ? *c ^ 32 : (uint8_t)sample_rng(&state);
            }
            check_back(n, 0);
            check_back(n, n / 3);
        }
}

static void check_words(void)
{
    for (uint32_t i = 0; i < DICTIONARY_WORDS; i += 7) {
        size_t n;
        const uint8_t *word = dictionary_word(i, &n);
        size_t n_code = i < DICTIONARY_SHORT ? 2 : 3;
        memcpy(text, word, n);
        CHECK(read_text(n, 0) == n_code && codes[0] >= 0x80 && codes[0] < 0xc0);
        check_back(n, 0);
        text[0] -= 32;
        CHECK(read_text(n, 0) == 1 + n_code && codes[0] == '^');
        check_back(n, 0);
        text[n - 1] -= 32; /* neither the first alone nor all */
        CHECK(read_text(n, 0) == n && memcmp(codes, text, n) == 0);
        for (size_t k = 0; k < n; k++)
            text[k] = word[k] - 32;
        CHECK(read_text(n, 0) == 1 + n_code && codes[0] == '~');
        check_back(n, 0);
    }
}

static void check_marks(void)
{
    static const struct {
        const char *text, *codes;
    } pairs[] = {
        {"a^b", "a\xff^b"},
        {"~", "\xff~"},
        {"\xc3\xa4", "\xc3\xa4"},
        {"\xc3", "\xff\xc3"},
        {"\x80", "\xff\x80"},
        {"\xff", "\xff\xff"},
        {"\xc0\x80", "\xff\xc0\xff\x80"},
        {"\xed\xa0\x80", "\xff\xed\xff\xa0\xff\x80"},
        {"\xf0\x9f\x98\x80!", "\xf0\x9f\x98\x80!"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t n = strlen(pairs[i].text), n_codes = strlen(pairs[i].codes);
        memcpy(text, pairs[i].text, n);
        CHECK_MSG(read_text(n, 0) == n_codes && memcmp(codes, pairs[i].codes, n_codes) == 0,
                  "pair %zu", i);
        check_back(n, 0);
    }
}

/* Each of these is cut short or means nothing. */
static void check_refused(void)
{
    static const char *const wrong[] = {
        "^",        "~x",        "^^\x80\x80",   "\x80",         "\x80z",
        "\xa0\x80", "\xa0\x80y", "\xa3\xe0\x80", "\xa4\x80\x80", "\xbf\xff\xff",
        "\xc0\x80", "\xc3",      "\xc3z",        "\xe0\x80\x80", "\xf5\x80\x80\x80",
        "\xff",     "^\xff\x80", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_MSG(dictionary_text_write((const uint8_t *)wrong[i], strlen(wrong[i]), back,
                                        sizeof back) == SIZE_MAX,
                  "codes %zu", i);
    uint64_t state = 1;
    for (int round = 0; round < 20000; round++) {
        size_t n = sample_rng(&state) % 40;
        for (size_t i = 0; i < n; i++)
            codes[i] = (uint8_t)(sample_rng(&state) % 3 == 0 ? 0xff : sample_rng(&state) >> 24);
        size_t n_back = dictionary_text_write(codes, n, back, 100);
        CHECK(n_back == SIZE_MAX || n_back <= 100);
    }
}

int main(void)
{
    check_dictionary();
    check_samples();
    check_words();
    check_marks();
    check_refused();
    return check_result();
}
