/* SPDX-License-Identifier: Apache-2.0
 *
 * The dictionary of docs/format.md, section 5.7: 65,536 English words in small letters, each of which has a number. Words that
 * stand in the same places have numbers near each other. dictionary_en.txt has them in order; lab/0016-words-as-codes made it.
 * Any thread may ask at any time.
 */
#ifndef TACIT_CONTENT_RECODING_DICTIONARY_H
#define TACIT_CONTENT_RECODING_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

enum {
    DICTIONARY_WORDS = 1 << 16,
    DICTIONARY_SHORT =
        1 << 12, /* the first ones, of at least three letters; all others have four or more */
    DICTIONARY_LETTERS_MAX = 24,
};

/* The number of a word of n small letters; DICTIONARY_WORDS if it is not in the dictionary. */
uint32_t dictionary_find(const uint8_t *word, size_t n);

/* The letters of a word; *n: how many. */
const uint8_t *dictionary_word(uint32_t number, size_t *n);

#endif
