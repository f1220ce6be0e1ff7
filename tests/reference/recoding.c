/* SPDX-License-Identifier: Apache-2.0 */
#include "recoding.h"

#include <string.h>

#include "archive_input.h"

static void take_layout(struct stretch *s)
{
    for (int i = 0; i < 3; i++)
        s->layout[i] = *take(1);
    require((s->layout[0] >> 4 & 3) < 3, "unknown base");
    note("base", s->layout[0] >> 4 & 3);
    note("colon", s->layout[0] >> 6 & 1);
    note("middle", s->layout[0] >> 7);
    note("characters", s->layout[2] >> 6);
    if (s->code >> 4 == 4) {
        s->layout[3] = *take(1);
        note("digits", s->layout[3] & 7);
        note("size of words", s->layout[1] >> 6);
        for (unsigned bit = 3; bit < 6; bit++)
            note("bit of words", bit * 2 + (s->layout[3] >> bit & 1));
        require((s->layout[3] & 7) <= 5, "unknown digits");
        require(s->layout[0] >> 7 == 0, "words with a blank in the middle");
        require(((s->layout[1] & 63) + 1) % (1u << (s->layout[1] >> 6)) == 0, "a line cuts a word");
    }
    s->start = take_varint();
    if ((s->layout[0] & 15) >= 8)
        s->start += (uint64_t)take_varint() << 32;
    s->n_separator = *take(1);
    require(s->n_separator <= 16, "what stands before lines is too long");
    note("prefix", s->n_separator > 0);
    note("upper start", (s->layout[0] & 15) >= 8);
    memcpy(s->separator, take(s->n_separator), s->n_separator);
}

static void take_kind(struct stretch *s)
{
    s->code = *take(1);
    unsigned form = s->code >> 4;
    note("form", form);
    for (unsigned bit = 0; bit < 4; bit++)
        note("bit of form", (form * 4 + bit) * 2 + (s->code >> bit & 1));
    require(form <= 5, "unknown form");
    require((form != 1 || (s->code & 15) <= 7) && (form != 2 || (s->code & 15) <= 3) &&
                (form != 5 || s->code % 16 == 0),
            "unknown flags of a form");
    if (form == 3 || form == 4)
        take_layout(s);
    if (form == 0 || form >= 3 || (s->code & 1) == 0)
        return;
    s->line = take_varint();
    require(s->line < 65536, "line is too long");
    s->line += 1;
    s->n_separator = *take(1);
    require(s->n_separator < 16, "separator is too long");
    s->n_separator += 1;
    memcpy(s->separator, take(s->n_separator), s->n_separator);
}

uint32_t take_stretches(struct stretches *stretches, uint32_t size)
{
    uint64_t sum = 0;
    stretches->n = take_varint();
    require(stretches->n < 1024, "too many stretches");
    stretches->n += 1;
    for (uint32_t i = 0; i < stretches->n; i++) {
        struct stretch *s = &stretches->list[i];
        uint32_t before = take_varint(), length = take_varint();
        require(i > 0 || length % 2 == 0, "the first stretch is like none");
        note("form as before", length % 2);
        if (length % 2 == 1)
            *s = stretches->list[i - 1];
        else
            memset(s, 0, sizeof *s);
        s->before = before;
        s->length = length / 2 + 1;
        if (length % 2 == 0)
            take_kind(s);
        sum += (uint64_t)s->before + s->length;
    }
    stretches->behind = take_varint();
    sum += stretches->behind;
    require(sum <= (uint64_t)size + size / 2 && sum <= 1u << 30, "recoded content is too long");
    return (uint32_t)sum;
}

int has_codes(const struct stretches *stretches)
{
    for (uint32_t i = 0; i < stretches->n; i++)
        if (stretches->list[i].code == 0x50)
            return 1;
    return 0;
}

/* Where the next byte of content goes. */
struct output {
    uint8_t *at, *end;
};

static void put(struct output *out, unsigned byte)
{
    require(out->at < out->end, "stretches exceed the content");
    *out->at++ = (uint8_t)byte;
}

static void put_unit(struct output *out, unsigned code, uint32_t unit)
{
    int width = code & 2 ? 4 : 2;
    for (int i = 0; i < width; i++)
        put(out, unit >> 8 * (code & 1 ? width - 1 - i : i) & 255);
}

static void put_point(struct output *out, unsigned code, uint32_t point)
{
    if (point < 0x10000 || code & 2) {
        put_unit(out, code, point);
    } else {
        put_unit(out, code, 0xd800 + (point - 0x10000) / 0x400);
        put_unit(out, code, 0xdc00 + (point - 0x10000) % 0x400);
    }
}

/* One code point, surrogates too, in as few bytes as there can be. */
static const uint8_t *take_point(const uint8_t *p, const uint8_t *end, uint32_t *point)
{
    int more = *p < 0x80 ? 0 : *p < 0xc0 ? -1 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : *p < 0xf8 ? 3 : -1;
    uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : more == 3 ? 0x10000 : 0;
    require(more >= 0 && end - p > more, "no UTF-8");
    *point = more == 0 ? *p : *p & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        require(p[i] >= 0x80 && p[i] < 0xc0, "no UTF-8");
        *point = *point * 64 + (p[i] & 0x3f);
    }
    require(*point >= least && *point <= 0x10ffff, "no UTF-8");
    return p + more + 1;
}

static void write_text(const struct stretch *s, const uint8_t *p, struct output *out)
{
    const uint8_t *end = p + s->length;
    uint32_t point;
    if (s->code & 4)
        put_point(out, s->code, 0xfeff);
    while (p < end) {
        p = take_point(p, end, &point);
        if (s->code & 8 && point == '\n')
            put_point(out, s->code, '\r');
        put_point(out, s->code, point);
    }
}

static void write_digits(const struct stretch *s, const uint8_t *p, struct output *out)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    int hex = s->code >> 4 == 2, bits = hex ? 4 : 6;
    uint64_t n = (uint64_t)s->length * 8, n_digits = (n + (uint64_t)bits - 1) / (uint64_t)bits;
    uint64_t n_all = !hex && s->code & 4 ? (n_digits + 3) / 4 * 4 : n_digits;
    for (uint64_t i = 0; i < n_all; i++) {
        unsigned value = 0;
        for (uint64_t b = i * (uint64_t)bits; b < (i + 1) * (uint64_t)bits; b++)
            value = value * 2 + (b < n ? p[b / 8] >> (7 - b % 8) & 1 : 0);
        if (s->code & 1 && i > 0 && i % s->line == 0)
            for (uint32_t j = 0; j < s->n_separator; j++)
                put(out, s->separator[j]);
        if (i >= n_digits)
            put(out, '=');
        else if (hex)
            put(out, (unsigned char)(s->code & 2 ? "0123456789ABCDEF" : "0123456789abcdef")[value]);
        else
            put(out, (unsigned char)(value < 62 ? base64[value]
                                                : (s->code & 2 ? "-_" : "+/")[value - 62]));
    }
}

static void put_number(struct output *out, uint64_t number, unsigned base, int n_least, int upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    if (number >= base || n_least > 1)
        put_number(out, number / base, base, n_least - 1, upper);
    put(out, (unsigned char)digits[number % base]);
}

static void put_again(struct output *out, unsigned byte, unsigned n)
{
    while (n-- > 0)
        put(out, byte);
}

static void put_offset(struct output *out, const struct stretch *s, uint64_t offset)
{
    static const unsigned bases[] = {16, 8, 10};
    for (uint32_t i = 0; i < s->n_separator; i++)
        put(out, s->separator[i]);
    put_number(out, offset, bases[s->layout[0] >> 4 & 3], (int)(s->layout[0] & 15) + 1,
               s->code & 1);
}

/* The word of which n bytes lie at p, or none: then as many blanks. */
static void put_word(struct output *out, const struct stretch *s, const uint8_t *p, uint32_t n)
{
    static const unsigned bases[] = {16, 8, 10, 2, 10, 10};
    static const unsigned widths[6][4] = {{2, 4, 8, 16},   {3, 6, 11, 22}, {3, 5, 10, 20},
                                          {8, 16, 32, 64}, {3, 5, 10, 20}, {4, 6, 11, 20}};
    unsigned log2 = s->layout[1] >> 6, size = 1u << log2, digits = s->layout[3] & 7;
    unsigned width = widths[digits][log2], length = 1;
    uint64_t value = 0, rest;
    uint8_t *start = out->at;
    if (n == 0) {
        put_again(out, ' ', width);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)p[i] << 8 * (s->layout[3] & 8 ? size - 1 - i : i);
    int negative = digits == 5 && value >> (8 * size - 1) == 1;
    if (negative)
        value = size == 8 ? 0 - value : ((uint64_t)1 << 8 * size) - value;
    for (rest = value / bases[digits]; rest > 0; rest /= bases[digits])
        length++;
    put_again(out, digits < 4 ? '0' : ' ', width - length - (unsigned)negative);
    put_again(out, '-', (unsigned)negative);
    put_number(out, value, bases[digits], 1, s->code & 2);
    if (s->layout[3] & 16)
        memset(start, ' ', (size_t)2 * (size - n));
}

/* n bytes from p on, line of them in a full line. */
static void put_words(struct output *out, const struct stretch *s, const uint8_t *p, uint32_t n,
                      uint32_t line)
{
    uint32_t size = 1u << (s->layout[1] >> 6);
    int filled = s->layout[2] >> 6 > 0 || s->layout[3] & 32;
    for (uint32_t i = 0; i < (filled ? line : n); i += size) {
        if (i > 0)
            put_again(out, ' ', (s->layout[3] >> 6) + 1);
        put_word(out, s, p + i, i >= n ? 0 : n - i < size ? n - i : size);
    }
}

static void put_bytes(struct output *out, const struct stretch *s, const uint8_t *p, uint32_t n,
                      uint32_t line)
{
    unsigned group = 1u << (s->layout[1] >> 6);
    for (uint32_t i = 0; i < (s->layout[2] >> 6 > 0 ? line : n); i++) {
        int middle = s->layout[0] >> 7 && i == line / 2;
        put_again(out, ' ', (i > 0 && i % group == 0) + (unsigned)middle);
        if (i < n)
            put_number(out, p[i], 16, 2, s->code & 2);
        else
            put_again(out, ' ', 2);
    }
}

/* n bytes from p on, line of them in a full line. */
static void put_dump_line(struct output *out, const struct stretch *s, const uint8_t *p, uint32_t n,
                          uint32_t line)
{
    unsigned blanks = s->layout[2], text = blanks >> 6;
    put_again(out, ':', s->layout[0] >> 6 & 1);
    put_again(out, ' ', (blanks & 7) + 1);
    (s->code >> 4 == 4 ? put_words : put_bytes)(out, s, p, n, line);
    if (text > 0)
        put_again(out, ' ', (blanks >> 3 & 7) + 1);
    if (text > 1)
        put(out, text == 2 ? '|' : '>');
    for (uint32_t i = 0; text > 0 && i < n; i++)
        put(out, p[i] >= 32 && p[i] < 127 ? p[i] : '.');
    if (text > 1)
        put(out, text == 2 ? '|' : '<');
}

static void write_dump(const struct stretch *s, const uint8_t *p, struct output *out)
{
    uint32_t line = (s->layout[1] & 63) + 1;
    int hidden = 0;
    for (uint32_t i = 0; i < s->length; i += line) {
        uint32_t n = s->length - i < line ? s->length - i : line;
        int again = s->code & 4 && i > 0 && n == line && memcmp(p + i, p + i - line, line) == 0;
        if (again && !hidden)
            put(out, '*');
        if (!again) {
            put_offset(out, s, s->start + i);
            put_dump_line(out, s, p + i, n, line);
        }
        if (!again || !hidden)
            put(out, '\n');
        hidden = again;
    }
    if (s->code & 8) {
        put_offset(out, s, s->start + s->length);
        put(out, '\n');
    }
}

extern const unsigned char dictionary_table[]; /* src/content/recoding/dictionary_en.txt */

/* kind: 0, or the mark before the code: as the word's first letter or all letters become capitals. */
static void put_letters(struct output *out, uint32_t number, unsigned kind)
{
    static const unsigned char *words[65536];
    const unsigned char *at = dictionary_table;
    for (uint32_t i = 0; !words[65535]; i++) {
        words[i] = at;
        while (*at++ != '\n')
            ;
    }
    note("letters of a word", kind == '^' ? 1 : kind == '~' ? 2 : 0);
    for (at = words[number]; *at != '\n'; at++)
        put(out, kind == '~' || (kind == '^' && at == words[number]) ? *at - 32u : *at);
}

/* The lower seven bits of the next byte of a code. */
static uint32_t take_digit(const uint8_t **from, const uint8_t *end)
{
    require(*from < end && **from >= 0x80, "a code is cut short");
    return *(*from)++ & 127u;
}

static void put_character(struct output *out, const uint8_t **from, const uint8_t *end)
{
    uint32_t point;
    const uint8_t *next = take_point(*from, end, &point);
    require(point < 0xd800 || point > 0xdfff, "half of a surrogate pair");
    while (*from < next)
        put(out, *(*from)++);
}

static void write_words(const struct stretch *s, const uint8_t *from, struct output *out)
{
    const uint8_t *end = from + s->length;
    while (from < end) {
        unsigned mark = *from == '^' || *from == '~' ? *from++ : 0;
        require(from < end, "a mark stands before nothing");
        unsigned first = *from;
        if (first >= 0x80 && first < 0xc0) {
            from++;
            uint32_t number = (first & 31) * 128u + take_digit(&from, end);
            if (first >= 0xa0)
                number = number * 128 + take_digit(&from, end) + 4096;
            note("bytes of a code", first < 0xa0 ? 2 : 3);
            require(number < 65536, "a word that the dictionary does not have");
            put_letters(out, number, mark);
        } else {
            require(mark == 0, "a mark stands before no code");
            note("escape", first == 255);
            if (first == 255) {
                require(end - from >= 2, "an escape stands before nothing");
                put(out, from[1]);
                from += 2;
            } else {
                put_character(out, &from, end);
            }
        }
    }
}

void write_stretches(const struct stretches *stretches, const uint8_t *from, uint8_t *to,
                     uint32_t size)
{
    struct output out = {to, to + size};
    for (uint32_t i = 0; i < stretches->n; i++) {
        const struct stretch *s = &stretches->list[i];
        for (uint32_t j = 0; j < s->before; j++)
            put(&out, *from++);
        if (s->code < 16)
            write_text(s, from, &out);
        else if (s->code < 48)
            write_digits(s, from, &out);
        else if (s->code < 80)
            write_dump(s, from, &out);
        else
            write_words(s, from, &out);
        from += s->length;
    }
    for (uint32_t j = 0; j < stretches->behind; j++)
        put(&out, *from++);
    require(out.at == out.end, "stretches fall short of the content");
}
