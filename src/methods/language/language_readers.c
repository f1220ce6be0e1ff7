/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_readers.h"

#include "base/try.h"

/* Units [first, first + n), in coding order: unit i is of stream i % n_streams and round
 * i / n_streams. */
struct units {
    uint64_t first;
    uint32_t n;
};

static uint32_t stream_of(const struct language_readers *r, uint64_t unit)
{
    return (uint32_t)(unit % r->n_streams);
}

size_t language_readers_rows(uint32_t n_streams)
{
    return n_streams > LM_BATCH ? n_streams : LM_BATCH;
}

static unsigned helpers_expected(const struct language_readers *r)
{
    if (r->n_teams <= 1)
        return 0;
    unsigned n = thread_pool_share(r->pool);
    return n < r->n_teams ? n : r->n_teams - 1;
}

static uint32_t pass_units(const struct language_readers *r)
{
    return language_readers_pass_units(r->n_streams, helpers_expected(r), r->cheap_rows);
}

/* How many units can be handed out now. */
static uint32_t count_ready(const struct language_readers *r)
{
    uint32_t n = 0;
    while (n < r->n_streams && r->n_taken + n < r->n_free &&
           !r->being_read[stream_of(r, r->n_taken + n)])
        n++;
    return n;
}

/* Hands out at most the units of one pass. */
static struct units take(struct language_readers *r)
{
    uint32_t n = count_ready(r), n_most = pass_units(r);
    struct units units = {r->n_taken, n < n_most ? n : n_most};
    for (uint32_t i = 0; i < units.n; i++)
        r->being_read[stream_of(r, units.first + i)] = true;
    r->n_taken += units.n;
    return units;
}

static size_t first_row(const struct language_readers *r, uint64_t unit)
{
    uint64_t round = unit / r->n_streams;
    return ((size_t)(round % r->n_rounds) * r->n_streams + stream_of(r, unit)) * r->n_rows;
}

/* *n_fed: rows of the pass, 0 if no unit needs a pass. */
static enum tacit_status run_pass(const struct language_readers *r, unsigned team,
                                  struct units units, size_t *n_fed)
{
    struct lm_input *inputs = r->inputs + team * language_readers_rows(r->n_streams);
    bool is_needed = false;
    size_t n = 0;
    for (uint32_t i = 0; i < units.n; i++)
        is_needed |= r->needs(r->context, stream_of(r, units.first + i));
    *n_fed = 0;
    if (!is_needed)
        return TACIT_OK;
    for (uint64_t unit = units.first; unit < units.first + units.n; unit++) {
        size_t row = first_row(r, unit), n_before = n;
        n += r->plan(r->context, stream_of(r, unit), inputs + n);
        for (size_t i = n_before; i < n; i++)
            inputs[i].logits_row += (uint32_t)row;
    }
    *n_fed = n;
    return lm_feed(r->lm, team, inputs, n, r->logits);
}

/* Calls one more helper if there is a pass for it and a team. */
static void call_helper(struct language_readers *r)
{
    if (r->n_called >= helpers_expected(r) || count_ready(r) < pass_units(r))
        return;
    r->n_called++;
    thread_pool_call(r->pool, &r->offer);
}

/* Reads with the mutex released. */
static void read_units(struct language_readers *r, unsigned team, struct units units)
{
    size_t n_fed;
    pthread_mutex_unlock(&r->mutex);
    enum tacit_status status = run_pass(r, team, units, &n_fed);
    pthread_mutex_lock(&r->mutex);
    r->n_passes += n_fed > 0;
    r->n_fed += n_fed;
    if (status != TACIT_OK)
        r->status = status;
    for (uint32_t i = 0; i < units.n; i++) {
        uint32_t stream = stream_of(r, units.first + i);
        r->being_read[stream] = false;
        r->n_read[stream]++;
    }
    if (r->coder_waits)
        pthread_cond_signal(&r->read);
    call_helper(r);
}

/* A helper leaves small remainders to the coding thread, since each would be a pass of its own. */
static void help(void *argument)
{
    struct language_readers *r = argument;
    unsigned team = 1;
    pthread_mutex_lock(&r->mutex);
    while (r->team_works[team])
        team++;
    r->team_works[team] = true;
    while (count_ready(r) >= pass_units(r) && !thread_pool_is_pressed(r->pool))
        read_units(r, team, take(r));
    r->team_works[team] = false;
    r->n_called--;
    pthread_mutex_unlock(&r->mutex);
}

enum tacit_status language_readers_start(struct language_readers *r)
{
    if (pthread_mutex_init(&r->mutex, NULL) != 0)
        return TACIT_ERR_THREAD;
    if (pthread_cond_init(&r->read, NULL) != 0) {
        pthread_mutex_destroy(&r->mutex);
        return TACIT_ERR_THREAD;
    }
    r->n_free = (uint64_t)r->n_streams * r->n_rounds;
    r->offer = (struct thread_offer){.help = help, .argument = r};
    if (r->n_teams > 1)
        thread_pool_offer(r->pool, &r->offer);
    r->started = true;
    return TACIT_OK;
}

void language_readers_stop(struct language_readers *r)
{
    if (!r->started)
        return;
    pthread_mutex_lock(&r->mutex);
    r->n_free = 0; /* no more units are handed out */
    pthread_mutex_unlock(&r->mutex);
    if (r->n_teams > 1)
        thread_pool_withdraw(r->pool, &r->offer);
    pthread_cond_destroy(&r->read);
    pthread_mutex_destroy(&r->mutex);
    r->started = false;
}

enum tacit_status language_readers_await(struct language_readers *r, uint32_t stream,
                                         uint64_t round, const float **logits)
{
    *logits = r->logits + first_row(r, round * r->n_streams + stream) * r->stride;
    pthread_mutex_lock(&r->mutex);
    while (r->n_read[stream] <= round && r->status == TACIT_OK) {
        bool soon = r->being_read[stream] && helpers_expected(r) >= LANGUAGE_MANY_HELPERS;
        struct units units = soon ? (struct units){0} : take(r);
        if (units.n > 0) {
            call_helper(r);
            read_units(r, 0, units);
            continue;
        }
        r->coder_waits = true;
        pthread_cond_wait(&r->read, &r->mutex);
        r->coder_waits = false;
    }
    enum tacit_status status = r->status;
    pthread_mutex_unlock(&r->mutex);
    return status;
}

void language_readers_pass(struct language_readers *r)
{
    pthread_mutex_lock(&r->mutex);
    r->n_free++;
    call_helper(r);
    pthread_mutex_unlock(&r->mutex);
}
