/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows the numbers in text (CSV, JSON, lists of coordinates): which number of its row or array the
 * coming one is, those that stood in the same place before, and guesses of what comes, as texts that
 * are compared with the number byte by byte.
 */
#ifndef TACIT_PREDICT_COMPONENTS_TEXT_NUMBER_STATE_H
#define TACIT_PREDICT_COMPONENTS_TEXT_NUMBER_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NUMBER_PLACES = 1 << 12,
    NUMBER_DEPTH = 32,
    NUMBER_DIGITS = 17, /* of a number; further ones are passed over */
    NUMBER_TEXT_MAX = 24,
    NUMBERS_BACK = 4,
};

/* value / 10^n_behind */
struct number {
    int64_t value;
    uint8_t n_whole, n_behind; /* digits before and behind the point */
    bool negative, padded;     /* padded: zeros in front fill it up */
};

/* A place is a column, or a key's value, or an element's number in arrays of one depth. */
struct number_place {
    struct number past[3]; /* the newest first */
    int64_t largest;       /* of the whole numbers of a group of places */
};

/* What the coming number may be, as it would be written. */
struct number_guess {
    char text[NUMBER_TEXT_MAX];
    uint32_t n;
    uint32_t miss; /* 0: all bytes so far are the guess's; else how the first other one differs */
    uint32_t miss_at; /* that byte's number */
};

enum number_guess_kind {
    GUESS_SAME,   /* as the place's last number */
    GUESS_LINE,   /* on the line through its last two */
    GUESS_RECORD, /* one above the largest */
    GUESS_NEXT,   /* one above the last number of all */
    GUESS_PAIR,   /* on the line through the numbers two and four back */
    GUESS_PLANE,  /* changed by as much as the number before it */
    N_NUMBER_GUESSES,
};

struct number_state {
    uint32_t depth, index[NUMBER_DEPTH];
    uint8_t bracket[NUMBER_DEPTH];
    uint64_t sum;         /* hash of the bytes since the last separator */
    uint64_t word, label; /* such sums: of the last field, and of the last one before a colon */
    uint32_t n_begun;     /* bytes since the guesses were made */
    bool in, behind;      /* in a number; behind its point */
    bool minus;           /* the last byte may be a sign */
    uint32_t n_in_field;  /* numbers that the field had */
    uint32_t place, group, place_before;
    struct number now, last[NUMBERS_BACK]; /* the newest first */
    struct number_guess guess[N_NUMBER_GUESSES];
};

/* Takes in a byte. places: NUMBER_PLACES of them. */
void number_state_next(struct number_state *state, struct number_place *places, unsigned byte);

/* a - b, in units of the finer one's last digit. */
int64_t number_difference(const struct number *a, const struct number *b);

/* What a guess says of the coming byte and the one behind it, or how the guess went wrong. */
uint32_t number_guess_code(const struct number_state *state, enum number_guess_kind kind);

/* The byte that a guess expects, -1: none. */
int number_guess_byte(const struct number_state *state, enum number_guess_kind kind);

#endif
