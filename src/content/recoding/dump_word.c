/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/dump_word.h"

#include <string.h>

static const struct {
    uint8_t radix;
    uint8_t widths[4]; /* for the largest number of 1, 2, 4 and 8 bytes, with its sign */
} forms[] = {
    [WORD_HEX] = {16, {2, 4, 8, 16}},
    [WORD_OCTAL] = {8, {3, 6, 11, 22}},
    [WORD_DECIMAL] = {10, {3, 5, 10, 20}},
    [WORD_BINARY] = {2, {8, 16, 32, 64}},
    [WORD_DECIMAL_BLANKS] = {10, {3, 5, 10, 20}},
    [WORD_SIGNED_BLANKS] = {10, {4, 6, 11, 20}},
};

size_t dump_word_width(const struct dump_words *words)
{
    return forms[words->digits].widths[words->bytes_log2];
}

static size_t place_of_byte(const struct dump_words *words, size_t i)
{
    return words->big_endian ? ((size_t)1 << words->bytes_log2) - 1 - i : i;
}

void dump_word_write(const struct dump_words *words, bool upper, const uint8_t *bytes, size_t n,
                     uint8_t *out)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t size = (size_t)1 << words->bytes_log2, at = dump_word_width(words);
    unsigned radix = forms[words->digits].radix;
    bool blanks = words->digits >= WORD_DECIMAL_BLANKS;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * place_of_byte(words, i);
    bool negative = words->digits == WORD_SIGNED_BLANKS && value >> (8 * size - 1) != 0;
    if (negative)
        value = (0 - value) & (UINT64_MAX >> (64 - 8 * size));
    memset(out, blanks ? ' ' : '0', at);
    for (; value > 0; value /= radix)
        out[--at] = (uint8_t)digits[value % radix];
    if (blanks && at == dump_word_width(words))
        out[--at] = '0';
    if (negative)
        out[--at] = '-';
    if (words->cut)
        memset(out, ' ', 2 * (size - n));
}

void dump_word_read(const struct dump_words *words, const uint8_t *data, uint8_t *bytes)
{
    size_t size = (size_t)1 << words->bytes_log2, width = dump_word_width(words), at = 0;
    uint64_t value = 0;
    while (at < width && data[at] == ' ')
        at++;
    bool negative = at < width && data[at] == '-';
    for (at += negative; at < width; at++) {
        unsigned c = data[at];
        value = value * forms[words->digits].radix + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (negative)
        value = 0 - value;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * place_of_byte(words, i));
}
