/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/dictionary.h"

#include <pthread.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS_LOG2 = 17 };

extern const unsigned char dictionary_en[]; /* each word ends with LF */

static uint32_t starts[DICTIONARY_WORDS + 1];
static uint32_t
    slots[1 << SLOTS_LOG2]; /* 1 + a word's number, where its hash says or behind; 0: none */
static pthread_once_t starts_once = PTHREAD_ONCE_INIT, slots_once = PTHREAD_ONCE_INIT;

static void list_starts(void)
{
    const unsigned char *at = dictionary_en;
    for (uint32_t i = 0; i < DICTIONARY_WORDS; i++) {
        at = (const unsigned char *)memchr(at, '\n', DICTIONARY_LETTERS_MAX + 1) + 1;
        starts[i + 1] = (uint32_t)(at - dictionary_en);
    }
}

const uint8_t *dictionary_word(uint32_t number, size_t *n)
{
    pthread_once(&starts_once, list_starts);
    *n = starts[number + 1] - starts[number] - 1;
    return dictionary_en + starts[number];
}

static uint32_t first_slot(const uint8_t *word, size_t n)
{
    return (uint32_t)(hash64(word, n, 0) >> (64 - SLOTS_LOG2));
}

static uint32_t next_slot(uint32_t slot)
{
    return (slot + 1) & ((1u << SLOTS_LOG2) - 1);
}

static void fill_slots(void)
{
    for (uint32_t i = 0; i < DICTIONARY_WORDS; i++) {
        size_t n;
        const uint8_t *word = dictionary_word(i, &n);
        uint32_t slot = first_slot(word, n);
        while (slots[slot] != 0)
            slot = next_slot(slot);
        slots[slot] = i + 1;
    }
}

uint32_t dictionary_find(const uint8_t *word, size_t n)
{
    pthread_once(&slots_once, fill_slots);
    for (uint32_t slot = first_slot(word, n); slots[slot] != 0; slot = next_slot(slot)) {
        size_t n_found;
        const uint8_t *found = dictionary_word(slots[slot] - 1, &n_found);
        if (n_found == n && memcmp(found, word, n) == 0)
            return slots[slot] - 1;
    }
    return DICTIONARY_WORDS;
}
