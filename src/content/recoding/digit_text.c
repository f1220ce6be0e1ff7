/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/digit_text.h"

#include <string.h>

static const char lower_hex[] = "0123456789abcdef", upper_hex[] = "0123456789ABCDEF";
static const char usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char of_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *digits_of(const struct recoding_kind *kind)
{
    if (recoding_form(kind) == RECODING_HEX)
        return kind->code & HEX_UPPER ? upper_hex : lower_hex;
    return kind->code & BASE64_URL ? of_url : usual;
}

uint8_t digit_value(const struct recoding_kind *kind, uint8_t character)
{
    unsigned c = character;
    if (c - '0' < 10)
        return (uint8_t)(c - '0' + (recoding_form(kind) == RECODING_HEX ? 0 : 52));
    if (recoding_form(kind) == RECODING_HEX) {
        unsigned letter = c - (kind->code & HEX_UPPER ? 'A' : 'a');
        return letter < 6 ? (uint8_t)(10 + letter) : 0xff;
    }
    if (c - 'A' < 26)
        return (uint8_t)(c - 'A');
    if (c - 'a' < 26)
        return (uint8_t)(c - 'a' + 26);
    bool url = kind->code & BASE64_URL;
    return c == (url ? '-' : '+') ? 62 : c == (url ? '_' : '/') ? 63 : 0xff;
}

size_t digit_text_read(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                       uint8_t *out)
{
    unsigned n_bits = recoding_form(kind) == RECODING_HEX ? 4 : 6, n_held = 0;
    uint32_t held = 0, column = 0;
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (kind->code & DIGITS_LINES && column == kind->line) {
            i += kind->n_separator;
            column = 0;
        }
        uint8_t value = i < n ? digit_value(kind, data[i]) : 0xff;
        if (value == 0xff)
            break; /* what fills up the end */
        column++;
        held = held << n_bits | value;
        n_held += n_bits;
        if (n_held >= 8) {
            n_held -= 8;
            out[n_out++] = (uint8_t)(held >> n_held);
        }
    }
    return n_out;
}

/* Characters go out one by one, with separators between lines. */
struct digit_writer {
    const struct recoding_kind *kind;
    uint8_t *out;
    size_t n, room;
    uint32_t column;
    bool fits;
};

static void put(struct digit_writer *w, char character)
{
    bool ends = w->kind->code & DIGITS_LINES && w->column == w->kind->line;
    size_t n_separator = ends ? w->kind->n_separator : 0;
    if (w->room - w->n < n_separator + 1) {
        w->fits = false;
        return;
    }
    memcpy(w->out + w->n, w->kind->separator, n_separator);
    w->n += n_separator;
    w->column = ends ? 1 : w->column + 1;
    w->out[w->n++] = (uint8_t)character;
}

size_t digit_text_write(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                        uint8_t *out, size_t room)
{
    struct digit_writer w = {.kind = kind, .out = out, .room = room, .fits = true};
    const char *digits = digits_of(kind);
    bool hex = recoding_form(kind) == RECODING_HEX;
    unsigned n_bits = hex ? 4 : 6, n_held = 0;
    uint32_t held = 0;
    for (size_t i = 0; i < n && w.fits; i++) {
        held = held << 8 | data[i];
        for (n_held += 8; n_held >= n_bits;) {
            n_held -= n_bits;
            put(&w, digits[held >> n_held & ((1u << n_bits) - 1)]);
        }
    }
    if (n_held > 0)
        put(&w, digits[held << (n_bits - n_held) & ((1u << n_bits) - 1)]);
    if (!hex && kind->code & BASE64_PADDED)
        for (size_t i = n % 3; i > 0 && i < 3; i++)
            put(&w, '=');
    return w.fits ? w.n : SIZE_MAX;
}
