/* SPDX-License-Identifier: Apache-2.0
 *
 * A decoder's guesses of the tokens to come. The model reads the guesses together with the known
 * token, in one pass over the weights; a right guess needs no pass of its own. A row's logits do
 * not depend on the rows beside it, so nothing that is decoded depends on guesses.
 *
 *     language_guesser_lay_out
 *         -> { language_guess_plan before a pass | language_guess_note after each token }*
 *
 * Guesses come from the tokens that followed the last few the last time, in any stream of the
 * block; language_draft.h adds others. How often such a guess proved right is counted by length of context and by how often it
 * did before; a chain of guesses continues while its probability is worth a row (guess_pays).
 * Guesses depend on what was decoded, never on time, so that tests can count passes.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_GUESS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_GUESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "engine/lm.h"

enum {
    GUESS_ROWS = 16,     /* of logits that a stream has: after a token, and after guesses */
    GUESS_STREAMS = 4,   /* with more streams, passes are shared without guesses */
    GUESS_CONTEXT = 6,   /* tokens that a guess looks back on */
    GUESS_ORDERS = 5,    /* lengths of contexts */
    GUESS_PASTS = 8,     /* whether the last three guesses were right */
    GUESS_COUNTS = 8,    /* how often in a row a context was followed by the same token */
    GUESS_ONE = 1 << 16, /* probability 1 */
};
static_assert(GUESS_ROWS - 1 <= LM_BACK_MAX, "all guesses can be taken back");

/* What followed a context. */
struct guess_entry {
    uint32_t token;
    uint16_t check; /* of the context */
    uint8_t count, is_set;
};

/* What a row adds to a pass, as a share of a pass of one row, of GUESS_ONE: each of the first n_first rows, and each
 * other. */
struct guess_costs {
    uint32_t n_first, first, other;
};

/* Of one block. */
struct language_guesser {
    uint32_t n_streams;
    struct guess_costs costs;
    bool
        drafted; /* a model continues the chains, which it does better than guesses that are unlikely */
    unsigned log2;                                          /* of a table's entries */
    struct guess_entry *tables[GUESS_ORDERS];               /* NULL: nothing is guessed */
    uint16_t luck[GUESS_PASTS][GUESS_ORDERS][GUESS_COUNTS]; /* probabilities of being right */
};

/* Of one stream. */
struct language_guess {
    bool is_read; /* the model has read the last token */
    uint32_t row; /* of the logits after that token, among GUESS_ROWS */
    uint32_t n_read, n_next;
    unsigned past;                /* bit i: whether the guess i tokens ago was right */
    uint32_t read[GUESS_ROWS];    /* guesses that the model has read after it; their rows follow */
    uint32_t next[GUESS_ROWS];    /* guesses for the next pass */
    uint32_t p_next;              /* probability that all of these are right */
    uint32_t last[GUESS_CONTEXT]; /* tokens, the nearest first */
};

/* Tables for a block of n_content bytes; the other fields are the caller's to set. */
void language_guesser_lay_out(struct language_guesser *guesser, struct arena *arena,
                              size_t n_content);

/* What the pass takes more with n_rows rows of each stream than with one less. */
uint32_t language_guess_cost(const struct language_guesser *guesser, uint32_t n_rows);

/* Before the first token. */
void language_guesser_start(struct language_guesser *guesser);

/* Lists what the model reads for this stream in the next pass: the last token, if the model has not
 * read it, then guesses. inputs: room for GUESS_ROWS; logits_row counts from the stream's first.
 * Returns how many. */
size_t language_guess_plan(struct language_guess *guess, uint32_t stream, uint32_t last,
                           struct lm_input *inputs);

/* Notes the stream's next token: keeps guesses or takes them back, and makes new ones. */
enum tacit_status language_guess_note(struct language_guesser *guesser,
                                      struct language_guess *guess, struct lm_state *lm,
                                      uint32_t stream, uint32_t token);

#endif
