/* SPDX-License-Identifier: Apache-2.0
 *
 * Has the language model read for the coming items, by all threads that help.
 *
 *     language_readers_start
 *         -> { language_readers_await -> items of the stream are coded -> language_readers_pass }*
 *         -> language_readers_stop
 *
 * A unit is what the model reads for one stream's share of a round. Units are handed out in the
 * order in which they are coded, those of a few streams for each pass over the weights. An encoder
 * knows all items, so its units may be read some rounds ahead. A decoder's unit may be read once the
 * stream's item of the round before is decoded, while items of other streams are being decoded.
 *
 * The coding thread also reads when the unit that it needs has not been read. So it never depends
 * on a helper; alone it reads for all streams in one pass. As soon as a helper has read the unit that it needs, it
 * leaves its own pass where that stands (lm_feed_on), codes, and goes on with the pass later, unless a helper has
 * meanwhile. The result does not depend on which thread reads.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_READERS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_READERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/threads/threads.h"
#include "engine/lm.h"

/* What a team reads in one pass. */
struct language_pass {
    uint64_t
        first; /* units [first, first + n_units), in coding order: unit i is of stream i % n_streams and round
                       i / n_streams */
    uint32_t n_units; /* 0: the team is free */
    size_t n_rows;
    bool begun, runs; /* its rows are listed; a thread is at it */
};

struct language_readers {
    /* Set by the owner: */
    struct thread_pool *pool; /* pool of threads that help; NULL: none */
    struct lm_state *lm;      /* with n_teams */
    unsigned n_teams;         /* 1: no thread helps */
    uint32_t n_streams;
    uint32_t n_ahead;        /* items of a stream in a round */
    uint32_t n_rows;         /* rows of a unit: n_ahead, or more if a decoder guesses */
    unsigned n_rounds;       /* rounds for which there are logits (language_readers_n_rounds) */
    size_t stride;           /* floats a row of logits */
    float *logits;           /* [n_rounds][n_streams][n_rows][stride] */
    struct lm_input *inputs; /* [n_teams][language_readers_rows] */
    /* Whether the stream's next unit needs a pass. Any thread calls it; for a stream in order. */
    bool (*needs)(void *context, uint32_t stream);
    /* Lists what the model has to read for the stream's next unit, n_rows at most, with logits_row
     * counted from the unit's first row; returns the number. Called only if a unit of the pass
     * needs it. */
    size_t (*plan)(void *context, uint32_t stream, struct lm_input *inputs);
    void *context;

    /* The readers' own: */
    struct thread_offer offer;
    pthread_mutex_t mutex; /* for all fields below */
    pthread_cond_t read;   /* a unit was read while the coder waited */
    atomic_uint n_events;  /* units read or freed, passes left: what a thread may wait for */
    bool coder_waits, started;
    uint64_t n_taken, n_free; /* units handed out; units that may be handed out, by the room for
                                 logits */
    unsigned n_called;        /* helpers that were called and have not left */
    unsigned n_spinning;      /* of these, those that wait for an event */
    struct language_pass passes[LM_THREADS_MAX]; /* [n_teams] */
    uint64_t n_passes, n_fed;                    /* rows in these passes */
    enum tacit_status status;                    /* of reading */
    uint64_t n_read[TACIT_STREAMS_MAX];          /* units of each stream */
    bool being_read[TACIT_STREAMS_MAX];
};

/* The rules by which passes are shared (bench/lm_threads.c simulates them). A pass has as many units as give each thread one
 * pass: the fewer passes, the more often a weight is used when it has come from memory or a cache. */
static inline uint32_t language_readers_pass_units(uint32_t n_streams, unsigned n_helpers)
{
    return (n_streams + n_helpers) / (n_helpers + 1);
}

/* How many a helper takes at least: it leaves small remainders to the coding thread, since each would be a pass of its own. */
static inline uint32_t language_readers_least_units(uint32_t n_streams, unsigned n_helpers)
{
    uint32_t n = n_streams / (n_helpers + 1);
    return n > 0 ? n : 1;
}

/* An encoder's helpers read ahead. Where reading and coding take about as long, as with a small model and one helper, a
 * single round ahead would leave now one waiting and now the other. sparing: memory counts for more. */
static inline unsigned language_readers_n_rounds(bool ahead, bool sparing)
{
    return !ahead ? 1 : sparing ? 2 : 3;
}

/* Rows that one pass has room for. */
size_t language_readers_rows(uint32_t n_streams);

/* TACIT_ERR_THREAD. */
enum tacit_status language_readers_start(struct language_readers *readers);

/* Waits for helpers to return. Does nothing if readers were not started. */
void language_readers_stop(struct language_readers *readers);

/* Returns when the stream's unit of that round has been read: *logits is its first row. */
enum tacit_status language_readers_await(struct language_readers *readers, uint32_t stream,
                                         uint64_t round, const float **logits);

/* Notes that the next unit in order is coded, so that its logits may be overwritten. */
void language_readers_pass(struct language_readers *readers);

#endif
