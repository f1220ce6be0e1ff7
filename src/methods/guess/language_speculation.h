/* SPDX-License-Identifier: Apache-2.0
 *
 * Speculative passes of a decoder of one stream and a small model, of which a pass and the decoding of a token
 * take as long: while one thread decodes a token decision by decision, another thread has the model read the token that it is likely to
 * be, and guesses of what follows (language_guess.h). If that is the token, its pass is under way or done when it is
 * needed; if not, the pass is stopped and taken back. A row's logits depend on the tokens alone, so nothing that is
 * decoded depends on guesses, nor on which thread was quicker.
 *
 *     language_speculation_start
 *         -> { language_speculation_begin -> language_speculation_look before each decision
 *              -> language_speculation_settle -> language_guess_note -> language_speculation_await }*
 *         -> language_speculation_stop
 *
 * The decoding thread calls all of these. It never waits for a pass that has not begun. The token is the
 * likeliest of those that the decisions so far allow, by the model.
 */
#ifndef TACIT_METHODS_GUESS_LANGUAGE_SPECULATION_H
#define TACIT_METHODS_GUESS_LANGUAGE_SPECULATION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/threads/threads.h"
#include "engine/token_distribution.h"
#include "methods/guess/language_guess.h"

enum {
    SPECULATION_ROWS = 2 * GUESS_ROWS, /* of logits: those in use, and those that a pass fills */
    SPECULATION_TEAM = 1,              /* of the state */
};

/* What the helper reads in one pass. */
struct speculative_pass {
    size_t n;
    struct lm_input inputs[GUESS_ROWS];
};

struct language_speculation {
    /* Set by the owner: */
    bool wanted;              /* there is memory for it; otherwise all functions do nothing */
    uint32_t share;           /* of GUESS_ONE: no less likely token is read */
    struct thread_pool *pool; /* one of whose threads helps */
    struct lm_state *lm;      /* of stream 0, which takes back GUESS_ROWS - 1 tokens */
    const struct language_guesser *guesser;
    struct language_guess *guess;
    const struct token_distribution *distribution; /* for the token that is being decoded */
    float *logits;                                 /* [SPECULATION_ROWS][stride] */

    /* The decoding thread's own: */
    bool started, is_active; /* a helper is there for this token */
    uint32_t place;          /* of the token that is being read or was; BYTE_TRIE_NONE: none */
    enum tacit_status status;
    uint64_t n_begun,
        n_right;       /* passes that were asked for, and those of the right token that had begun */
    uint64_t n_fed;    /* rows of these */
    uint64_t n_waited; /* of these, passes that were not done when they were needed */

    /* Shared: */
    struct thread_offer offer;
    pthread_mutex_t mutex;   /* for all fields below; the atomic ones are also read without it */
    pthread_cond_t asked_on; /* a pass was asked for, or the helper has to leave */
    pthread_cond_t done;     /* the helper runs no pass while the decoding thread waits */
    bool is_called, is_inside, leaves; /* the helper: called; has come; has to go */
    bool helper_sleeps, decoder_waits;
    atomic_bool is_asked, is_running;
    struct speculative_pass asked;   /* not begun if is_asked */
    struct speculative_pass running; /* or done; n = 0: was stopped, or taken back, or none */
    enum tacit_status read_status;
    unsigned turn; /* which of stops is of the next pass */
    atomic_bool stops[2];
};

/* TACIT_ERR_THREAD. */
enum tacit_status language_speculation_start(struct language_speculation *s);

/* Waits for the helper to leave. Does nothing if speculation was not started. */
void language_speculation_stop(struct language_speculation *s);

/* Before the first decision of a token. */
void language_speculation_begin(struct language_speculation *s);

/* Before each open decision: if no pass is of a token that can still come, asks for one. */
void language_speculation_look(void *speculation, const struct byte_trie_walk *walk);

/* After the last decision: the item is that at place, BYTE_TRIE_NONE if nothing follows it. The stream's guess now tells
 * what the model has read. */
enum tacit_status language_speculation_settle(struct language_speculation *s, uint32_t place);

/* Returns when logits of guesses that were read can be used. */
enum tacit_status language_speculation_await(struct language_speculation *s);

#endif
