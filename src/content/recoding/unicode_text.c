/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/unicode_text.h"

#include "base/utf8.h"

enum { MARK = 0xfeff, MARK_AS_UTF8 = 3 };

uint32_t unicode_unit(const uint8_t *p, unsigned code)
{
    size_t width = unicode_width(code);
    uint32_t unit = 0;
    for (size_t i = 0; i < width; i++)
        unit = unit << 8 | p[code & UNICODE_BIG_ENDIAN ? i : width - 1 - i];
    return unit;
}

static bool is_high(uint32_t unit)
{
    return unit - 0xd800 < 0x400;
}

static bool is_low(uint32_t unit)
{
    return unit - 0xdc00 < 0x400;
}

uint32_t unicode_point(const uint8_t *p, size_t n, unsigned code, size_t *n_taken)
{
    size_t width = unicode_width(code);
    uint32_t unit = unicode_unit(p, code);
    *n_taken = width;
    if (width == 2 && is_high(unit) && n >= 4) {
        uint32_t next = unicode_unit(p + 2, code);
        if (is_low(next)) {
            *n_taken = 4;
            return 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
        }
    }
    return unit;
}

static size_t put_utf8(uint32_t point, uint8_t out[4])
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
    out[0] = (uint8_t)(0xf00u >> length | point);
    return length;
}

size_t unicode_to_utf8(unsigned code, const uint8_t *data, size_t n, uint8_t *out)
{
    size_t width = unicode_width(code), n_out = 0, n_taken;
    uint8_t bytes[4];
    for (size_t i = code & UNICODE_MARK ? width : 0; i < n; i += n_taken) {
        uint32_t point = unicode_point(data + i, n - i, code, &n_taken);
        if (code & UNICODE_CRLF && point == '\r' && i + width < n &&
            unicode_unit(data + i + width, code) == '\n')
            continue;
        size_t length = put_utf8(point, out ? out + n_out : bytes);
        n_out += length;
    }
    return n_out;
}

/* The code point at p[0 .. n), surrogates included; 0 bytes: there is none. */
static unsigned take_utf8(const uint8_t *p, size_t n, uint32_t *point)
{
    unsigned length = utf8_decode(p, n, point);
    if (length == 0 && n >= 3 && p[0] == 0xed && (p[1] & 0xe0) == 0xa0 && (p[2] & 0xc0) == 0x80) {
        *point = 0xd000 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    }
    return length;
}

static void put_unit(unsigned code, uint32_t unit, uint8_t *out)
{
    size_t width = unicode_width(code);
    for (size_t i = 0; i < width; i++, unit >>= 8)
        out[code & UNICODE_BIG_ENDIAN ? width - 1 - i : i] = (uint8_t)unit;
}

/* Writes a code point to out[0 .. room) and returns its bytes, 0 if they exceed the room. */
static size_t put_point(unsigned code, uint32_t point, uint8_t *out, size_t room)
{
    size_t width = unicode_width(code);
    if (room < width)
        return 0;
    if (width == 4 || point < 0x10000) {
        put_unit(code, point, out);
        return width;
    }
    if (room < 4)
        return 0;
    put_unit(code, 0xd800 + ((point - 0x10000) >> 10), out);
    put_unit(code, 0xdc00 + (point & 0x3ff), out + 2);
    return 4;
}

size_t unicode_from_utf8(unsigned code, const uint8_t *data, size_t n, uint8_t *out, size_t room)
{
    size_t n_out = 0, length;
    uint32_t point;
    if (code & UNICODE_MARK) {
        n_out = put_point(code, MARK, out, room);
        if (n_out == 0)
            return SIZE_MAX;
    }
    for (size_t i = 0; i < n; i += length) {
        length = take_utf8(data + i, n - i, &point);
        if (length == 0)
            return SIZE_MAX;
        if (code & UNICODE_CRLF && point == '\n') {
            size_t n_put = put_point(code, '\r', out + n_out, room - n_out);
            if (n_put == 0)
                return SIZE_MAX;
            n_out += n_put;
        }
        size_t n_put = put_point(code, point, out + n_out, room - n_out);
        if (n_put == 0)
            return SIZE_MAX;
        n_out += n_put;
    }
    return n_out;
}
