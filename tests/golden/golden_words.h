/* SPDX-License-Identifier: Apache-2.0
 *
 * Dumps of words for people, as the programs that are named here write them. What is written never changes once an
 * archive of it is released.
 */
#ifndef TACIT_TESTS_GOLDEN_WORDS_H
#define TACIT_TESTS_GOLDEN_WORDS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "golden/golden_lines.h"

struct golden_words {
    const char *program;
    const char *offset; /* printf's format of what stands before the words */
    const char *end;    /* of the last line; "" if there is none */
    unsigned line;      /* bytes of a line, */
    unsigned size;      /* and of a word */
    const char *word;   /* printf's format, with the blanks before it; NULL: binary */
    unsigned width;     /* of that */
    const char *before; /* the characters; NULL: there are none */
    const char *behind;
    bool filled, is_signed, big_endian, cut;
};

static const struct golden_words golden_words[] = {
    {"hexdump", "%07x", "%07x\n", 16, 2, " %04" PRIx64, 5, NULL, "", true, false, false, false},
    {"od", "%07o", "%07o\n", 16, 2, " %06" PRIo64, 7, NULL, "", false, false, false, false},
    {"xxd -e", "%08x:", "", 16, 4, " %08" PRIx64, 9, "  ", "", false, false, false, true},
    {"od -t d4", "%07o", "%07o\n", 16, 4, " %11" PRId64, 12, NULL, "", false, true, false, false},
    {"xxd -b", "%08x:", "", 6, 1, NULL, 9, "  ", "", false, false, false, false},
    {"hexdump -d", "%07x", "%07x\n", 16, 2, "   %05" PRIu64, 8, NULL, "", true, false, false,
     false},
    {"od -t x8z -A x", "%06x", "%06x\n", 16, 8, " %016" PRIx64, 17, "  >", "<", false, false, false,
     false},
    {"od -t u2z -A d", "%07u", "%07u\n", 16, 2, " %5" PRIu64, 6, "  >", "<", false, false, false,
     false},
    {"od -t x4 --endian=big", "%07o", "%07o\n", 16, 4, " %08" PRIx64, 9, NULL, "", false, false,
     true, false},
    {"od -t d2z --endian=big", "%07o", "%07o\n", 16, 2, " %6" PRId64, 7, "  >", "<", false, true,
     true, false},
    {"od -b", "%07o", "%07o\n", 16, 1, " %03" PRIo64, 4, NULL, "", false, false, false, false},
    {"od -t o8 -w32", "%07o", "%07o\n", 32, 8, " %022" PRIo64, 23, NULL, "", false, false, false,
     false},
    {"hexdump -x", "%07x", "%07x\n", 16, 2, "    %04" PRIx64, 8, NULL, "", true, false, false,
     false},
    {"xxd -e -u -g8", "%08x:", "", 16, 8, " %016" PRIX64, 17, "  ", "", false, false, false, true},
};

enum { GOLDEN_N_WORDS = sizeof golden_words / sizeof *golden_words };

static inline int golden_word_write(char *to, const struct golden_words *words,
                                    const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * (words->big_endian ? words->size - 1 - i : i);
    if (words->word == NULL) {
        *to = ' ';
        for (unsigned i = 0; i < 8; i++)
            to[1 + i] = (char)('0' + (value >> (7 - i) & 1));
        return 9;
    }
    int64_t number = (int64_t)value;
    if (words->is_signed && value >> (8 * words->size - 1) != 0 && words->size < 8)
        number -= (int64_t)1 << 8 * words->size;
    int length = sprintf(to, words->word, number);
    if (words->cut)
        memset(to, ' ', 2 * (words->size - n) + 1);
    return length;
}

/* bytes: all of a line, or fewer in the last one. Returns the length. */
static inline size_t golden_words_line(char *to, const void *layout, const uint8_t *bytes, size_t n,
                                       uint32_t offset)
{
    const struct golden_words *words = layout;
    int length = sprintf(to, words->offset, offset);
    for (size_t i = 0; i < words->line; i += words->size)
        if (i < n)
            length += golden_word_write(to + length, words, bytes + i,
                                        n - i < words->size ? n - i : words->size);
        else if (words->filled || words->before)
            length += sprintf(to + length, "%*s", (int)words->width, "");
    return (size_t)length + golden_line_end(to + length, words->before, words->behind, bytes, n);
}

/* Up to 12 characters a byte, and 128. Programs with an end leave out lines like the one before. Returns the length. */
static inline size_t golden_words_write(char *to, const struct golden_words *words,
                                        const uint8_t *data, size_t n, uint32_t start)
{
    struct golden_lines lines = {golden_words_line, words, words->line, *words->end != '\0'};
    size_t length = golden_lines_write(to, &lines, data, n, start);
    return length + (size_t)sprintf(to + length, words->end, start + (uint32_t)n);
}

#endif
