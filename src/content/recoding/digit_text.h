/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as digits of base64 or as hexadecimal digits, in one line or in lines of equal length, and where such digits lie.
 */
#ifndef TACIT_CONTENT_RECODING_DIGIT_TEXT_H
#define TACIT_CONTENT_RECODING_DIGIT_TEXT_H

#include "content/recoding/recoding_kind.h"

/* Value of a character, 0xff if it is no digit of the form. */
uint8_t digit_value(const struct recoding_kind *kind, uint8_t character);

/* data[0 .. n): all that digit_text_write writes for some bytes. Returns the number of
 * bytes written to out, at most six for eight characters. */
size_t digit_text_read(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                       uint8_t *out);

/* The inverse. Returns the number of characters written to out[0 .. room); SIZE_MAX if they exceed the room. */
size_t digit_text_write(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                        uint8_t *out, size_t room);

/* The first such text at or behind from, of some length, whose bytes are worth more than its digits. Some 0.5 ns a
 * byte. */
void digit_text_find(const uint8_t *data, size_t n, size_t from, struct recoding_found *found);

#endif
