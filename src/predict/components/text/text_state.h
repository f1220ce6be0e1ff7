/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a text at the present place: the word begun and the words before it, the line's
 * layout, the line above. Updated once a byte.
 */
#ifndef TACIT_PREDICT_COMPONENTS_TEXT_TEXT_STATE_H
#define TACIT_PREDICT_COMPONENTS_TEXT_TEXT_STATE_H

#include "predict/history.h"

enum { TEXT_WORDS = 4, TEXT_BRACKETS_MAX = 32 };

struct text_state {
    /* hashes: the word begun (0 between words), the last whole one, ... */
    uint32_t word[TEXT_WORDS];
    uint32_t word_length;
    uint32_t number;        /* hash of the number begun, 0 outside */
    uint32_t gap;           /* hash of what stands between the last whole word and here */
    uint32_t first_word;    /* hash of the line's first word */
    uint32_t sentence_word; /* hash of the sentence's first word */
    uint32_t shape;         /* classes of the last 8 characters, 4 bits each, runs folded */
    uint32_t line_start;    /* position of the line's first byte */
    uint32_t above_start;   /* of the line before */
    uint32_t above_length;  /* with its line feed */
    uint32_t indent;        /* leading blanks of this line */
    bool in_indent;
    uint32_t field;       /* separators in the line so far */
    uint32_t field_hash;  /* of the field's bytes so far */
    uint32_t field_start; /* position of the field's first byte */
    uint32_t above_field; /* position in the line above that the field's start corresponds to */
    uint32_t line_hash;   /* of the line so far */
    uint8_t bracket[TEXT_BRACKETS_MAX];     /* open ones, innermost last */
    uint32_t bracket_at[TEXT_BRACKETS_MAX]; /* hash of the word before it */
    unsigned n_brackets;
    uint32_t tag; /* hash of the innermost open XML element's name */
};

void text_state_init(struct text_state *text);

/* Takes in the byte that history took in last. */
void text_state_next(struct text_state *text, const struct history *history);

/* The byte above the next one, 0 if there is none. */
static inline unsigned text_above(const struct text_state *text, const struct history *history)
{
    uint32_t column = history->n - text->line_start;
    if (column >= text->above_length)
        return 0;
    return history->ring[(text->above_start + column) & history->mask];
}

#endif
