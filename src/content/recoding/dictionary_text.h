/* SPDX-License-Identifier: Apache-2.0
 *
 * Text whose words are replaced by their codes in a dictionary, and back: English takes some two thirds of its bytes. A code's
 * first bits say what kind of word it is, which is easier to predict than letters.
 */
#ifndef TACIT_CONTENT_RECODING_DICTIONARY_TEXT_H
#define TACIT_CONTENT_RECODING_DICTIONARY_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Replaces the words of data[0 .. n), any bytes. Returns the number of bytes written to out[0 .. room); SIZE_MAX if there is no
 * room for all. What two calls write may stand one behind the other. */
size_t dictionary_text_read(const uint8_t *data, size_t n, uint8_t *out, size_t room);

/* The inverse, for any bytes. Returns the number of bytes written to out[0 .. room); SIZE_MAX if they exceed the room, or data
 * cannot be. */
size_t dictionary_text_write(const uint8_t *data, size_t n, uint8_t *out, size_t room);

#endif
