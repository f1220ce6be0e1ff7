/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of src/methods/language/language_readers.c played through with given times for their
 * parts: how long a block takes by any number of threads. For lm_threads.c.
 */
#ifndef TACIT_BENCH_READERS_PLAY_H
#define TACIT_BENCH_READERS_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lm.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_readers.h"

/* Seconds, and what they are for. */
struct parts {
    uint32_t n_streams, n_items;
    double step[TACIT_STREAMS_MAX + 1];  /* a pass of n streams' next tokens */
    double ahead[TACIT_STREAMS_MAX + 1]; /* a pass of n streams' next n_ahead tokens */
    double item, wake, sample;
    bool large; /* codec_plan_is_large */
};

/* Thread 0 codes. */
struct player {
    double clock; /* when it is done with what it does */
    enum { PLAYER_IDLE, PLAYER_READING, PLAYER_CODING } doing;
    uint64_t first; /* of the pass, of which n units are read */
    uint32_t n;
};

/* A pass that the coder has left: n is 0 if there is none. */
struct left {
    double seconds; /* that it still takes */
    uint64_t first;
    uint32_t n;
};

struct game {
    const struct parts *p;
    bool encoding;
    uint32_t n_ahead;
    unsigned n_helpers;
    uint64_t n_taken, n_free, n_coded; /* units; units; items */
    uint64_t n_read[TACIT_STREAMS_MAX];
    bool being_read[TACIT_STREAMS_MAX];
    struct player players[LM_THREADS_MAX];
    struct left left;
};

static uint32_t pass_units(const struct game *g)
{
    return language_readers_pass_units(g->p->n_streams, g->n_helpers);
}

static uint32_t count_ready(const struct game *g)
{
    uint32_t n = 0, n_streams = g->p->n_streams;
    while (n < n_streams && g->n_taken + n < g->n_free &&
           !g->being_read[(g->n_taken + n) % n_streams])
        n++;
    return n;
}

static bool take(struct game *g, unsigned player, double now)
{
    uint32_t ready = count_ready(g), most = pass_units(g), n = ready < most ? ready : most;
    struct player *who = &g->players[player];
    if (g->left.n > 0) {
        *who = (struct player){now + g->left.seconds, PLAYER_READING, g->left.first, g->left.n};
        g->left.n = 0;
        return true;
    }
    uint32_t least = language_readers_least_units(g->p->n_streams, g->n_helpers);
    if (ready < (player > 0 ? least : 1))
        return false;
    for (uint32_t i = 0; i < n; i++)
        g->being_read[(g->n_taken + i) % g->p->n_streams] = true;
    *who = (struct player){now + (g->encoding ? g->p->ahead[n] : g->p->step[n]), PLAYER_READING,
                           g->n_taken, n};
    g->n_taken += n;
    return true;
}

/* Who sleeps and could read comes after the time of waking. */
static void call_helpers(struct game *g, double now)
{
    for (unsigned i = 1; i <= g->n_helpers; i++)
        if (g->players[i].doing == PLAYER_IDLE)
            (void)take(g, i, now + g->p->wake);
}

static bool coder_may_code(const struct game *g)
{
    uint32_t n_streams = g->p->n_streams;
    return g->n_read[g->n_coded % n_streams] > g->n_coded / (n_streams * g->n_ahead);
}

/* The coder leaves its pass as soon as it may code. */
static void leave(struct game *g, double now)
{
    struct player *coder = &g->players[0];
    if (coder->doing != PLAYER_READING || !coder_may_code(g))
        return;
    g->left = (struct left){coder->clock - now, coder->first, coder->n};
    coder->doing = PLAYER_IDLE;
}

static void end_reading(struct game *g, unsigned player, double now)
{
    struct player *who = &g->players[player];
    for (uint32_t i = 0; i < who->n; i++) {
        uint32_t stream = (uint32_t)((who->first + i) % g->p->n_streams);
        g->being_read[stream] = false;
        g->n_read[stream]++;
    }
    who->doing = PLAYER_IDLE;
    leave(g, now);
    if (player > 0)
        (void)take(g, player, now);
}

/* The coder codes what is read, reads, or sleeps. */
static void move_coder(struct game *g, double now)
{
    if (coder_may_code(g))
        g->players[0] = (struct player){now + g->p->item, PLAYER_CODING, 0, 0};
    else
        (void)take(g, 0, now);
}

static void end_coding(struct game *g)
{
    uint32_t per_round = g->p->n_streams * g->n_ahead;
    bool last_of_unit = g->n_coded % per_round >= per_round - g->p->n_streams;
    g->n_coded++;
    g->n_free += last_of_unit;
    g->players[0].doing = PLAYER_IDLE;
}

/* Seconds of a block by so many threads. */
static double play(const struct parts *p, unsigned n_threads, bool encoding)
{
    struct game g = {
        .p = p, .encoding = encoding, .n_ahead = language_choose_ahead(encoding, p->n_streams)};
    double now = 0;
    g.n_helpers = n_threads < p->n_streams ? n_threads - 1 : p->n_streams - 1;
    g.n_free = p->n_streams * language_readers_n_rounds(encoding && g.n_helpers > 0, p->large);
    while (g.n_coded < p->n_items) {
        if (g.players[0].doing == PLAYER_IDLE)
            move_coder(&g, now);
        call_helpers(&g, now);
        unsigned next = LM_THREADS_MAX;
        for (unsigned i = 0; i <= g.n_helpers; i++)
            if (g.players[i].doing != PLAYER_IDLE &&
                (next == LM_THREADS_MAX || g.players[i].clock < g.players[next].clock))
                next = i;
        now = g.players[next].clock > now ? g.players[next].clock : now;
        if (g.players[next].doing == PLAYER_CODING)
            end_coding(&g);
        else
            end_reading(&g, next, now);
    }
    return now + (encoding ? p->sample : 0);
}

#endif
