/* SPDX-License-Identifier: Apache-2.0
 *
 * Dumps of words of many programs become their bytes and come back: of any length, with lines left out, in either byte
 * order, with any character changed; words at the ends of their range; kinds that no finder makes.
 */
#include "content/recoding/dump_word.h"

#include <stdio.h>

#include "content/recoding/dump_text.h"
#include "golden/golden_words.h"
#include "unit/content/recoded_back.h"
#include "unit/samples.h"

enum { BYTES_MAX = 2000, DUMP_MAX = 16 * BYTES_MAX };

static uint8_t bytes[BYTES_MAX];
static char dump[DUMP_MAX];
static uint64_t state = 1;

/* All of it is found, in the right order of bytes. */
static void check_whole(const struct golden_words *program, size_t n_bytes)
{
    uint32_t start = sample_rng(&state) % 3 == 0 ? sample_rng(&state) % 9999 * program->line : 0;
    size_t n = golden_words_write(dump, program, bytes, n_bytes, start);
    CHECK_MSG(check_text_back(dump, n) == n_bytes && found.n_stretches == 1,
              "%s: %zu bytes, %zu of %zu", program->program, n_bytes, (size_t)found.n_bytes, n);
    struct byte_buffer recoded = {0};
    CHECK(byte_buffer_append(&recoded, (const uint8_t *)dump, n) == TACIT_OK);
    CHECK(recoding_apply(&found, &recoded) == TACIT_OK);
    CHECK_MSG(recoded.size == n_bytes && memcmp(recoded.data, bytes, n_bytes) == 0, "%s: %zu bytes",
              program->program, n_bytes);
    byte_buffer_free(&recoded);
}

static void fill_with_words(size_t n)
{
    static const char *const words[] = {"the ",    "of a ", "and\n",
                                        "words, ", "in ",   "either order "};
    for (size_t i = 0, k = 0; i < n; k = sample_rng(&state) % 6)
        for (const char *c = words[k]; *c != '\0' && i < n; c++)
            bytes[i++] = (uint8_t)*c;
}

static void check_programs(void)
{
    for (size_t i = 0; i < GOLDEN_N_WORDS; i++)
        for (size_t n_bytes = 230; n_bytes < BYTES_MAX; n_bytes += 1 + n_bytes / 9) {
            fill_with_words(n_bytes);
            if (n_bytes % 5 == 0)
                memset(bytes + 100, 0, 60);
            check_whole(&golden_words[i], n_bytes);
        }
}

static void check_changed(void)
{
    static const char characters[] = "0a7 -|>*\n:.x9";
    for (int round = 0; round < 3000; round++) {
        const struct golden_words *program = &golden_words[sample_rng(&state) % GOLDEN_N_WORDS];
        size_t n_bytes = fill_for_changes(bytes, round, &state);
        size_t n =
            golden_words_write(dump, program, bytes, n_bytes, round % 5 == 0 ? 0xfffffff0 : 0);
        check_changed_back(dump, n, characters, &state);
    }
}

/* Each size and each way to write it, at the ends of the range and between. */
static void check_words(void)
{
    static const uint8_t ends[][DUMP_WORD_BYTES_MAX] = {{0},
                                                        {1},
                                                        {255, 255, 255, 255, 255, 255, 255, 255},
                                                        {0, 0, 0, 0, 0, 0, 0, 128},
                                                        {0, 128},
                                                        {0, 0, 0, 128},
                                                        {128},
                                                        {127}};
    for (unsigned i = 0; i < 8 * N_WORD_DIGITS; i++)
        for (size_t k = 0; k < 2 * sizeof ends / sizeof *ends; k++) {
            struct dump_words words = {.bytes_log2 = i & 3,
                                       .big_endian = i >> 2 & 1,
                                       .digits = (enum word_digits)(i >> 3)};
            size_t size = (size_t)1 << words.bytes_log2, width = dump_word_width(&words);
            uint8_t word[DUMP_WORD_BYTES_MAX], text[65], read[DUMP_WORD_BYTES_MAX];
            memcpy(word, ends[k / 2], sizeof word);
            if (k % 2 == 1)
                sample_fill(word, sizeof word, SAMPLE_RANDOM, k + i);
            memset(text, '#', sizeof text);
            dump_word_write(&words, k % 3 == 0, word, size, text);
            CHECK(memchr(text, '#', sizeof text) == text + width);
            dump_word_read(&words, text, read);
            CHECK_MSG(memcmp(read, word, size) == 0, "digits %u, %zu bytes, word %zu",
                      (unsigned)words.digits, size, k);
        }
}

/* Any layout that an archive may claim is written without a character too many. */
static void check_claimed(void)
{
    static uint8_t written[72 * 300 + 4096];
    unsigned n_valid = 0;
    for (int round = 0; round < 6000; round++) {
        struct recoding_kind kind;
        uint8_t list[RECODING_KIND_BYTES_MAX], packed[RECODING_KIND_BYTES_MAX];
        for (size_t i = 0; i < sizeof list; i++)
            list[i] = (uint8_t)sample_rng(&state);
        list[0] = (uint8_t)(RECODING_WORDS | (list[0] & DUMP_FLAGS));
        struct varint_reader r = {list, sizeof list, 0};
        if (recoding_kind_read(&r, &kind) != TACIT_OK)
            continue;
        n_valid++;
        size_t n_bytes = 1 + sample_rng(&state) % 300, n_packed = recoding_kind_put(packed, &kind);
        CHECK(n_packed == r.pos && memcmp(packed, list, n_packed) == 0);
        sample_fill(bytes, n_bytes, SAMPLE_RUNS, (uint64_t)round);
        size_t n = dump_text_write(&kind, bytes, n_bytes, written, sizeof written);
        CHECK(n != SIZE_MAX && dump_text_write(&kind, bytes, n_bytes, written, n) == n);
        CHECK(dump_text_write(&kind, bytes, n_bytes, written, n - 1) == SIZE_MAX);
    }
    CHECK(n_valid > 20);
}

static void check_wrong(void)
{
    static const struct claimed_kind kinds[] = {
        {{0x40, 0x16, 0x4f, 0x00, 0x01, 0, 0}, true},
        {{0x40, 0x16, 0x4f, 0x00, 0x06, 0, 0}, false}, /* no such digits */
        {{0x40, 0x96, 0x4f, 0x00, 0x01, 0, 0}, false}, /* a blank in the middle */
        {{0x40, 0x16, 0x4e, 0x00, 0x01, 0, 0}, false}, /* a line of 15 bytes */
    };
    check_claimed_kinds(kinds, sizeof kinds / sizeof *kinds);
}

int main(void)
{
    check_programs();
    check_changed();
    check_words();
    check_claimed();
    check_wrong();
    return check_result();
}
