/* SPDX-License-Identifier: Apache-2.0
 *
 * A word of a dump as a number: docs/format.md, section 5.7.
 */
#ifndef TACIT_CONTENT_RECODING_DUMP_WORD_H
#define TACIT_CONTENT_RECODING_DUMP_WORD_H

#include "content/recoding/recoding_kind.h"

enum { DUMP_WORD_BYTES_MAX = 8 };

/* Characters that a word takes, 2 .. 64. */
size_t dump_word_width(const struct dump_words *words);

/* Words of so many bytes, the last one perhaps cut. */
static inline size_t dump_word_count(const struct dump_words *words, size_t n_bytes)
{
    return (n_bytes + ((size_t)1 << words->bytes_log2) - 1) >> words->bytes_log2;
}

/* Writes n bytes, 1 up to a word's, to out[0 .. width). */
void dump_word_write(const struct dump_words *words, bool upper, const uint8_t *bytes, size_t n,
                     uint8_t *out);

/* Reads data[0 .. width), which may be anything, into all bytes of a word; what dump_word_write would not have written
 * gives any bytes. */
void dump_word_read(const struct dump_words *words, const uint8_t *data, uint8_t *bytes);

#endif
