/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in UTF-16 and UTF-32, as UTF-8 and back, and where such text lies. Surrogates that have no partner become three
 * bytes each, as code points of their value would, so that any units of UTF-16 come back.
 */
#ifndef TACIT_CONTENT_RECODING_UNICODE_TEXT_H
#define TACIT_CONTENT_RECODING_UNICODE_TEXT_H

#include "content/recoding/recoding_kind.h"

/* Bytes of a unit. */
static inline size_t unicode_width(unsigned code)
{
    return code & UNICODE_WIDE ? 4 : 2;
}

/* The unit at p; with its byte order. */
uint32_t unicode_unit(const uint8_t *p, unsigned code);

/* The code point at p[0 .. n), n at least one unit; *n_taken: its bytes. */
uint32_t unicode_point(const uint8_t *p, size_t n, unsigned code, size_t *n_taken);

/* data[0 .. n): whole units that begin with a byte order mark if the code says so, of code points up to 10ffff.
 * out: NULL to count, or room for the result. Returns the number of bytes of UTF-8. */
size_t unicode_to_utf8(unsigned code, const uint8_t *data, size_t n, uint8_t *out);

/* The inverse, for any bytes. Returns the number of bytes written to out[0 .. room); SIZE_MAX if they exceed the
 * room or data is no UTF-8. */
size_t unicode_from_utf8(unsigned code, const uint8_t *data, size_t n, uint8_t *out, size_t room);

enum { UNICODE_WAYS = 12 }; /* byte orders, widths, places of a unit's first byte */

/* All 0 at first. */
struct unicode_finder {
    size_t tried[UNICODE_WAYS]; /* what lies before it is no text, read in this way */
};

/* The first such text at or behind from, of some length. from never falls. Linear time: some 1 ns a byte of text,
 * up to 30 ns of pictures. */
void unicode_find(struct unicode_finder *finder, const uint8_t *data, size_t n, size_t from,
                  struct recoding_found *found);

#endif
