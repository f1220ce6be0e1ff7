/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes begin with a byte with which no character of UTF-8 begins, so that characters need no mark. docs/format.md, section 5.7.
 */
#include "content/recoding/dictionary_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "content/recoding/dictionary.h"

enum {
    CAPITAL = '^',    /* the word that follows begins with a capital letter ... */
    CAPITALS = '~',   /* ... has capital letters alone */
    ESCAPE = 0xff,    /* before a byte that means itself */
    LEAD = 0x80,      /* first bytes of codes of two bytes ... */
    LONG_LEAD = 0xa0, /* ... and of three */
    LEADS_END = 0xc0,
    DIGIT_BITS = 7, /* of a number, in a code's other bytes; their top bit is 1 */
    PIECE_MAX = 4,  /* bytes that one step of reading writes: a mark and a code, or a character */
};

static bool is_letter(unsigned c)
{
    return (c | 32u) - 'a' < 26;
}

static bool is_capital(unsigned c)
{
    return c - 'A' < 26;
}

/* The mark that goes before the word's code; 0: none. false: it has capital letters elsewhere. */
static bool find_mark(const uint8_t *word, size_t n, uint8_t *mark)
{
    size_t n_capital = 0;
    for (size_t i = 0; i < n; i++)
        n_capital += is_capital(word[i]);
    *mark = n_capital == 0 ? 0 : n_capital == 1 ? CAPITAL : CAPITALS;
    return n_capital == 0 || n_capital == n || (n_capital == 1 && is_capital(word[0]));
}

static size_t put_code(uint8_t *out, uint32_t number)
{
    const unsigned digit = (1u << DIGIT_BITS) - 1;
    if (number < DICTIONARY_SHORT) {
        out[0] = (uint8_t)(LEAD + (number >> DIGIT_BITS));
        out[1] = (uint8_t)(0x80 | (number & digit));
        return 2;
    }
    number -= DICTIONARY_SHORT;
    out[0] = (uint8_t)(LONG_LEAD + (number >> 2 * DIGIT_BITS));
    out[1] = (uint8_t)(0x80 | (number >> DIGIT_BITS & digit));
    out[2] = (uint8_t)(0x80 | (number & digit));
    return 3;
}

/* Writes mark and code of a word, which are never longer. Returns their length; 0: it is not in the dictionary. */
static size_t put_word(uint8_t *out, const uint8_t *word, size_t n)
{
    uint8_t small[DICTIONARY_LETTERS_MAX], mark;
    if (n > sizeof small || !find_mark(word, n, &mark))
        return 0;
    for (size_t i = 0; i < n; i++)
        small[i] = word[i] | 32;
    uint32_t number = dictionary_find(small, n);
    if (number == DICTIONARY_WORDS)
        return 0;
    size_t n_mark = mark != 0;
    out[0] = mark;
    return n_mark + put_code(out + n_mark, number);
}

static size_t letters_at(const uint8_t *data, size_t n)
{
    size_t i = 0;
    while (i < n && is_letter(data[i]))
        i++;
    return i;
}

/* Reads what stands at data[0 .. n), n at least 1, that is no letter. *n_read: its bytes. Returns the number of bytes written. */
static size_t put_other(uint8_t *out, const uint8_t *data, size_t n, size_t *n_read)
{
    uint32_t point;
    size_t length = utf8_decode(data, n, &point);
    if (length > 0 && data[0] != CAPITAL && data[0] != CAPITALS) {
        memcpy(out, data, length);
        *n_read = length;
        return length;
    }
    out[0] = ESCAPE;
    out[1] = data[0];
    *n_read = 1;
    return 2;
}

size_t dictionary_text_read(const uint8_t *data, size_t n, uint8_t *out, size_t room)
{
    size_t to = 0;
    for (size_t at = 0; at < n;) {
        uint8_t piece[PIECE_MAX];
        const uint8_t *from = piece;
        size_t n_read = letters_at(data + at, n - at);
        size_t n_piece = n_read > 0 ? put_word(piece, data + at, n_read)
                                    : put_other(piece, data + at, n - at, &n_read);
        if (n_piece == 0) {
            from = data + at;
            n_piece = n_read;
        }
        if (n_piece > room - to)
            return SIZE_MAX;
        memcpy(out + to, from, n_piece);
        to += n_piece;
        at += n_read;
    }
    return to;
}

/* The word whose code stands at data[0 .. n). Returns the code's length; 0: there is none. */
static size_t read_code(const uint8_t *data, size_t n, uint32_t *number)
{
    if (n == 0 || data[0] < LEAD || data[0] >= LEADS_END)
        return 0;
    size_t length = data[0] < LONG_LEAD ? 2 : 3;
    *number = data[0] - (length == 2 ? LEAD : LONG_LEAD);
    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (data[i] < 0x80)
            return 0;
        *number = *number << DIGIT_BITS | (data[i] & 0x7f);
    }
    *number += length == 3 ? DICTIONARY_SHORT : 0;
    return *number < DICTIONARY_WORDS ? length : 0;
}

/* Returns the word's length; SIZE_MAX: there is no room for it in out[0 .. room). */
static size_t write_word(uint8_t mark, uint32_t number, uint8_t *out, size_t room)
{
    size_t n;
    const uint8_t *word = dictionary_word(number, &n);
    if (n > room)
        return SIZE_MAX;
    memcpy(out, word, n);
    for (size_t i = 0; i < (mark == CAPITALS ? n : mark == CAPITAL); i++)
        out[i] -= 32;
    return n;
}

/* What stands at data[0 .. n), n at least 1, and is no word: *n_mark bytes, then those that mean themselves, of which this returns the
 * number. 0: there are none. */
static size_t plain_length(const uint8_t *data, size_t n, size_t *n_mark)
{
    uint32_t point;
    *n_mark = data[0] == ESCAPE;
    return data[0] == ESCAPE ? n > 1 : utf8_decode(data, n, &point);
}

static size_t write_plain(const uint8_t *data, size_t n, uint8_t *out, size_t room, size_t *n_read)
{
    size_t n_mark, length = plain_length(data, n, &n_mark);
    if (length == 0 || length > room)
        return SIZE_MAX;
    memcpy(out, data + n_mark, length);
    *n_read = n_mark + length;
    return length;
}

/* Writes what the first bytes of data[0 .. n), n at least 1, stand for; *n_read: how many. As dictionary_text_write. */
static size_t write_next(const uint8_t *data, size_t n, uint8_t *out, size_t room, size_t *n_read)
{
    uint32_t number;
    size_t n_mark = data[0] == CAPITAL || data[0] == CAPITALS;
    size_t n_code = read_code(data + n_mark, n - n_mark, &number);
    *n_read = n_mark + n_code;
    if (n_code > 0)
        return write_word(n_mark > 0 ? data[0] : 0, number, out, room);
    return n_mark > 0 ? SIZE_MAX : write_plain(data, n, out, room, n_read);
}

size_t dictionary_text_write(const uint8_t *data, size_t n, uint8_t *out, size_t room)
{
    size_t to = 0, n_read;
    for (size_t at = 0; at < n; at += n_read) {
        size_t n_written = write_next(data + at, n - at, out + to, room - to, &n_read);
        if (n_written == SIZE_MAX)
            return SIZE_MAX;
        to += n_written;
    }
    return to;
}
