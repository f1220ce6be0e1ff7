/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters and words of any bytes. A character is a code point of valid UTF-8 or a byte that is
 * part of none; a word is a run of bytes other than ASCII white space.
 */
#ifndef TACIT_MEASURE_TEXT_COUNT_H
#define TACIT_MEASURE_TEXT_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct text_count {
    uint64_t n_chars, n_words;
};

/* Adds those that begin in data[from .. to), which is part of data[0 .. n). */
void text_count_add(struct text_count *count, const uint8_t *data, size_t n, size_t from,
                    size_t to);

#endif
