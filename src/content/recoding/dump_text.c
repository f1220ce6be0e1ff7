/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/dump_text.h"

#include <string.h>

#include "content/recoding/dump_word.h"

enum { OFFSET_MAX = 22 }; /* digits of 64 bits in octal */

static const uint8_t star[] = {'*', '\n'};

static unsigned radix_of(const struct dump_layout *dump)
{
    return dump->base == DUMP_HEX ? 16 : dump->base == DUMP_OCTAL ? 8 : 10;
}

static bool is_framed(const struct dump_layout *dump)
{
    return dump->text == DUMP_BARS || dump->text == DUMP_ANGLES;
}

static uint8_t digit_of(unsigned value, bool upper)
{
    return (uint8_t)(value < 10 ? '0' + value : (upper ? 'A' : 'a') + value - 10);
}

/* 16 or more: none. */
static unsigned value_of(uint8_t character)
{
    unsigned c = character, letter = (c | 32) - 'a';
    return c - '0' < 10 ? c - '0' : letter < 6 ? 10 + letter : 16;
}

static bool has_words(const struct recoding_kind *kind)
{
    return recoding_form(kind) == RECODING_WORDS;
}

/* Where byte i's digits are, or word i's, behind the offset and its blanks; i up to those of a line. */
static size_t place_of(const struct recoding_kind *kind, size_t i)
{
    if (has_words(kind))
        return i * (dump_word_width(&kind->dump.words) + kind->dump.words.gap);
    return 2 * i + (i >> kind->dump.group_log2) + (kind->dump.middle && i >= kind->line / 2);
}

/* Where the last byte's digits end. */
static size_t digits_end(const struct recoding_kind *kind, size_t n_bytes)
{
    if (has_words(kind))
        return place_of(kind, dump_word_count(&kind->dump.words, n_bytes)) - kind->dump.words.gap;
    return n_bytes == 0 ? 0 : place_of(kind, n_bytes - 1) + 2;
}

static size_t put_offset(const struct recoding_kind *kind, uint64_t offset, uint8_t *out)
{
    uint8_t digits[OFFSET_MAX];
    unsigned radix = radix_of(&kind->dump);
    size_t n = 0;
    for (; n < kind->dump.n_digits || offset > 0; offset /= radix)
        digits[n++] = digit_of((unsigned)(offset % radix), kind->code & DUMP_UPPER_OFFSETS);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

static size_t put_characters(const struct recoding_kind *kind, const struct dump_line *line,
                             uint8_t *out)
{
    static const char opening[] = "  |>", closing[] = "  |<";
    bool framed = is_framed(&kind->dump);
    size_t n = 0;
    if (framed)
        out[n++] = (uint8_t)opening[kind->dump.text];
    for (size_t i = 0; i < line->n_bytes; i++)
        out[n++] = line->bytes[i] - 32u < 0x5f ? line->bytes[i] : '.';
    if (framed)
        out[n++] = (uint8_t)closing[kind->dump.text];
    return n;
}

static void put_bytes(const struct recoding_kind *kind, const struct dump_line *line, uint8_t *out)
{
    for (size_t i = 0; i < line->n_bytes; i++) {
        uint8_t *p = out + place_of(kind, i), byte = line->bytes[i];
        p[0] = digit_of(byte >> 4, kind->code & DUMP_UPPER_BYTES);
        p[1] = digit_of(byte & 15, kind->code & DUMP_UPPER_BYTES);
    }
}

static void put_words(const struct recoding_kind *kind, const struct dump_line *line, uint8_t *out)
{
    const struct dump_words *words = &kind->dump.words;
    size_t size = (size_t)1 << words->bytes_log2;
    for (size_t at = 0; at < line->n_bytes; at += size)
        dump_word_write(words, kind->code & DUMP_UPPER_BYTES, line->bytes + at,
                        line->n_bytes - at < size ? line->n_bytes - at : size,
                        out + place_of(kind, at / size));
}

size_t dump_line_write(const struct recoding_kind *kind, const struct dump_line *line, uint8_t *out)
{
    size_t n = kind->n_separator;
    memcpy(out, kind->separator, n);
    n += put_offset(kind, line->offset, out + n);
    if (line->n_bytes == 0) {
        out[n++] = '\n';
        return n;
    }
    if (kind->dump.colon)
        out[n++] = ':';
    memset(out + n, ' ', DUMP_LINE_MAX - n);
    n += kind->dump.n_behind;
    (has_words(kind) ? put_words : put_bytes)(kind, line, out + n);
    if (kind->dump.text == DUMP_NO_TEXT) {
        n += digits_end(kind, kind->dump.words.filled ? kind->line : line->n_bytes);
    } else {
        n += digits_end(kind, kind->line) + kind->dump.n_before;
        n += put_characters(kind, line, out + n);
    }
    out[n++] = '\n';
    return n;
}

/* How many bytes lie in these characters between the blanks behind the offset and the end of line; beyond what a line
 * may have: no number fits. */
static size_t bytes_of(const struct recoding_kind *kind, const uint8_t *data, size_t n_characters)
{
    size_t n = 1, word = has_words(kind) ? (size_t)1 << kind->dump.words.bytes_log2 : 1;
    if (kind->dump.text != DUMP_NO_TEXT) {
        size_t n_other =
            digits_end(kind, kind->line) + kind->dump.n_before + 2u * is_framed(&kind->dump);
        return n_characters > n_other ? n_characters - n_other : SIZE_MAX;
    }
    while (n_characters > 0 && data[n_characters - 1] == ' ')
        n_characters--;
    while (n < kind->line && digits_end(kind, n) < n_characters)
        n++;
    return (n + word - 1) / word * word;
}

/* Reads what stands where the digits of n bytes should. */
static void read_bytes(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                       struct dump_line *line)
{
    size_t size = (size_t)1 << kind->dump.words.bytes_log2;
    line->n_bytes = n;
    if (has_words(kind)) {
        for (size_t at = 0; at < n; at += size)
            dump_word_read(&kind->dump.words, data + place_of(kind, at / size), line->bytes + at);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = data + place_of(kind, i);
        line->bytes[i] = (uint8_t)(value_of(p[0]) << 4 | (value_of(p[1]) & 15));
    }
}

bool dump_line_read(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                    struct dump_line *line)
{
    uint8_t written[DUMP_LINE_MAX];
    const uint8_t *end = memchr(data, '\n', n < DUMP_LINE_MAX ? n : DUMP_LINE_MAX);
    size_t at = kind->n_separator, n_line = end != NULL ? (size_t)(end - data) : 0, n_digits = 0;
    unsigned radix = radix_of(&kind->dump);
    *line = (struct dump_line){.n_characters = n_line + 1};
    for (; at < n_line && value_of(data[at]) < radix && n_digits < OFFSET_MAX; at++, n_digits++)
        line->offset = line->offset * radix + value_of(data[at]);
    if (n_digits == 0)
        return false;
    if (at < n_line) {
        at += kind->dump.colon + kind->dump.n_behind;
        size_t n_bytes = at < n_line ? bytes_of(kind, data + at, n_line - at) : 0;
        if (n_bytes == 0 || n_bytes > kind->line || at + digits_end(kind, n_bytes) > n_line)
            return false;
        read_bytes(kind, data + at, n_bytes, line);
    }
    return dump_line_write(kind, line, written) == n_line + 1 &&
           memcmp(written, data, n_line + 1) == 0;
}

bool dump_is_star(const uint8_t *data, size_t n)
{
    return n >= sizeof star && memcmp(data, star, sizeof star) == 0;
}

void dump_text_read(const struct recoding_kind *kind, const uint8_t *data, size_t n, uint8_t *out,
                    size_t n_bytes)
{
    struct dump_line line;
    size_t n_out = 0;
    for (size_t at = 0; at < n && n_out < n_bytes; at += line.n_characters) {
        if (dump_is_star(data + at, n - at))
            at += sizeof star;
        if (at == n || !dump_line_read(kind, data + at, n - at, &line))
            break;
        uint64_t hidden = line.offset - kind->dump.start - n_out;
        for (; hidden > 0 && n_out < n_bytes; hidden--, n_out++)
            out[n_out] = out[n_out - kind->line];
        size_t n_line = line.n_bytes < n_bytes - n_out ? line.n_bytes : n_bytes - n_out;
        memcpy(out + n_out, line.bytes, n_line);
        n_out += n_line;
    }
}

/* Characters go out line by line. */
struct dump_writer {
    uint8_t *out;
    size_t n, room;
    bool fits;
};

static void put(struct dump_writer *w, const uint8_t *characters, size_t n)
{
    w->fits = w->fits && w->room - w->n >= n;
    if (!w->fits)
        return;
    memcpy(w->out + w->n, characters, n);
    w->n += n;
}

static void put_line(struct dump_writer *w, const struct recoding_kind *kind, const uint8_t *data,
                     size_t at, size_t n)
{
    uint8_t written[DUMP_LINE_MAX];
    struct dump_line line = {.offset = kind->dump.start + at, .n_bytes = n};
    memcpy(line.bytes, data + at, n);
    put(w, written, dump_line_write(kind, &line, written));
}

size_t dump_text_write(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                       uint8_t *out, size_t room)
{
    struct dump_writer w = {.out = out, .room = room, .fits = true};
    bool squeezed = kind->code & DUMP_SQUEEZED, hidden = false;
    size_t line = kind->line;
    for (size_t at = 0; at < n && w.fits; at += line) {
        bool again =
            squeezed && at > 0 && n - at >= line && memcmp(data + at, data + at - line, line) == 0;
        if (!again)
            put_line(&w, kind, data, at, n - at < line ? n - at : line);
        else if (!hidden)
            put(&w, star, sizeof star);
        hidden = again;
    }
    if (kind->code & DUMP_END)
        put_line(&w, kind, data, n, 0);
    return w.fits ? w.n : SIZE_MAX;
}
