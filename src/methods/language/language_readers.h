/* SPDX-License-Identifier: Apache-2.0
 *
 * Has the language model read for the coming items, by as many threads as help.
 *
 *     language_readers_start
 *         -> { language_readers_await -> items of the stream are coded -> language_readers_pass }*
 *         -> language_readers_stop
 *
 * What is read for one stream's share of a round is a unit. Units are handed out in the order in
 * which they are coded, those of a few streams for each pass over the weights. An encoder knows all
 * items, so its units may be read a round ahead. A decoder's unit may be read once the stream's
 * item of the round before is decoded, while those of the other streams are.
 *
 * The thread that codes reads, too, when what it needs is not read. So it never depends on a
 * helper, and alone it reads for all streams in one pass. What is read does not depend on who reads
 * it.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_READERS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_READERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/threads/threads.h"
#include "engine/lm.h"

struct language_readers {
    /* Set by the owner: */
    struct thread_pool *pool; /* whose threads help; NULL: none */
    struct lm_state *lm;      /* with n_teams */
    unsigned n_teams;         /* 1: nobody helps */
    uint32_t n_streams;
    uint32_t n_ahead;        /* items of a stream in a round */
    uint32_t n_rows;         /* that a unit has room for: n_ahead, more where a decoder guesses */
    unsigned n_rounds;       /* that logits has room for: 2 in an encoder that is helped, else 1 */
    size_t stride;           /* floats a row of logits */
    float *logits;           /* [n_rounds][n_streams][n_rows][stride] */
    struct lm_input *inputs; /* [n_teams][language_readers_rows] */
    /* Whether the stream's next unit cannot do without a pass. By any thread, for a stream in order. */
    bool (*needs)(void *context, uint32_t stream);
    /* Fills what the model has to read for the stream's next unit, n_rows at most, their logits_row
     * counted from the unit's first; returns how many. Only if a unit of the pass needs it. */
    size_t (*plan)(void *context, uint32_t stream, struct lm_input *inputs);
    void *context;

    /* The readers' own: */
    struct thread_offer offer;
    pthread_mutex_t mutex; /* for all that follows */
    pthread_cond_t read;   /* a unit was read while the coder waited */
    bool coder_waits, started;
    uint64_t n_taken, n_free; /* units handed out; units that may be, by the room for logits */
    unsigned n_called;        /* helpers that were called and have not gone again */
    bool team_works[LM_THREADS_MAX];    /* by a helper; the coder's team is the first */
    uint64_t n_passes, n_fed;           /* rows in these passes */
    enum tacit_status status;           /* of reading */
    uint64_t n_read[TACIT_STREAMS_MAX]; /* units of each stream */
    bool being_read[TACIT_STREAMS_MAX];
};

/* Rows that one pass has room for. */
size_t language_readers_rows(uint32_t n_streams);

/* TACIT_ERR_THREAD. */
enum tacit_status language_readers_start(struct language_readers *readers);

/* Waits for helpers to return. If it was not started: does nothing. */
void language_readers_stop(struct language_readers *readers);

/* Returns when the stream's unit of that round has been read: *logits is its first row. */
enum tacit_status language_readers_await(struct language_readers *readers, uint32_t stream,
                                         uint64_t round, const float **logits);

/* The next unit in order is coded: its logits may be overwritten. */
void language_readers_pass(struct language_readers *readers);

#endif
