/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_readers.h"

#include "base/threads/spin.h"
#include "base/try.h"

/* How often a thread looks for an event before it sleeps: tens of microseconds, about what waking takes. */
enum { SPINS = 4000 };

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
    return language_readers_pass_units(r->n_streams, helpers_expected(r));
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

static bool is_read(const struct language_readers *r, uint64_t unit)
{
    return r->n_read[stream_of(r, unit)] > unit / r->n_streams;
}

/* For a helper. */
static bool is_worth_a_pass(const struct language_readers *r)
{
    return count_ready(r) >= language_readers_least_units(r->n_streams, helpers_expected(r));
}

/* Hands out at most the units of one pass. Returns NULL if none are ready. */
static struct language_pass *take(struct language_readers *r)
{
    uint32_t n = count_ready(r), n_most = pass_units(r);
    struct language_pass *pass = r->passes;
    if (n == 0)
        return NULL;
    while (pass->n_units > 0) /* each thread has at most one, so one is free */
        pass++;
    *pass = (struct language_pass){
        .first = r->n_taken, .n_units = n < n_most ? n : n_most, .runs = true};
    for (uint32_t i = 0; i < pass->n_units; i++)
        r->being_read[stream_of(r, pass->first + i)] = true;
    r->n_taken += pass->n_units;
    return pass;
}

/* The pass that the coding thread has left, or NULL. */
static struct language_pass *left_pass(struct language_readers *r)
{
    for (unsigned i = 0; i < r->n_teams; i++)
        if (r->passes[i].n_units > 0 && !r->passes[i].runs)
            return &r->passes[i];
    return NULL;
}

static size_t first_row(const struct language_readers *r, uint64_t unit)
{
    uint64_t round = unit / r->n_streams;
    return ((size_t)(round % r->n_rounds) * r->n_streams + stream_of(r, unit)) * r->n_rows;
}

/* Lists the rows of the pass, none if no unit needs one. */
static enum tacit_status begin(const struct language_readers *r, struct language_pass *pass)
{
    unsigned team = (unsigned)(pass - r->passes);
    struct lm_input *inputs = r->inputs + team * language_readers_rows(r->n_streams);
    bool is_needed = false;
    size_t n = 0;
    pass->begun = true;
    for (uint32_t i = 0; i < pass->n_units; i++)
        is_needed |= r->needs(r->context, stream_of(r, pass->first + i));
    for (uint32_t j = 0; is_needed && j < pass->n_units; j++) {
        size_t row = first_row(r, pass->first + j), n_before = n;
        n += r->plan(r->context, stream_of(r, pass->first + j), inputs + n);
        for (size_t i = n_before; i < n; i++)
            inputs[i].logits_row += (uint32_t)row;
    }
    pass->n_rows = n;
    return lm_feed_begin(r->lm, team, inputs, n, r->logits);
}

/* Calls one more helper if there is a pass for it and a team. */
static void call_helper(struct language_readers *r)
{
    if (r->n_spinning > 0 || r->n_called >= helpers_expected(r) ||
        (!is_worth_a_pass(r) && !left_pass(r)))
        return;
    r->n_called++;
    thread_pool_call(r->pool, &r->offer);
}

static void note_event(struct language_readers *r)
{
    atomic_fetch_add_explicit(&r->n_events, 1, memory_order_release);
}

static void end(struct language_readers *r, struct language_pass *pass, enum tacit_status status)
{
    r->n_passes += pass->n_rows > 0;
    r->n_fed += pass->n_rows;
    if (status != TACIT_OK)
        r->status = status;
    for (uint32_t i = 0; i < pass->n_units; i++) {
        uint32_t stream = stream_of(r, pass->first + i);
        r->being_read[stream] = false;
        r->n_read[stream]++;
    }
    pass->n_units = 0;
}

/* Begins the pass or goes on with it, with the mutex released; until that unit is read, or NULL. */
static void run(struct language_readers *r, struct language_pass *pass, const uint64_t *until)
{
    unsigned team = (unsigned)(pass - r->passes);
    enum tacit_status status = TACIT_OK;
    bool is_left = false, more = true;
    pass->runs = true;
    call_helper(r);
    pthread_mutex_unlock(&r->mutex);
    if (!pass->begun)
        status = begin(r, pass);
    while (status == TACIT_OK && more && !is_left) {
        more = lm_feed_on(r->lm, team);
        if (!more || !until)
            continue;
        pthread_mutex_lock(&r->mutex);
        is_left = is_read(r, *until);
        pthread_mutex_unlock(&r->mutex);
    }
    pthread_mutex_lock(&r->mutex);
    pass->runs = false;
    if (!is_left)
        end(r, pass, status);
    note_event(r);
    if (r->coder_waits)
        pthread_cond_signal(&r->read);
    call_helper(r);
}

/* Waits briefly for an event, with the mutex released, and returns whether there was one. */
static bool spin(struct language_readers *r)
{
    unsigned n = atomic_load_explicit(&r->n_events, memory_order_relaxed);
    bool is_new = false;
    pthread_mutex_unlock(&r->mutex);
    for (unsigned i = 0; i < SPINS && !is_new; i++) {
        spin_pause();
        is_new = atomic_load_explicit(&r->n_events, memory_order_acquire) != n;
    }
    pthread_mutex_lock(&r->mutex);
    return atomic_load_explicit(&r->n_events, memory_order_relaxed) != n;
}

static bool helper_spins(struct language_readers *r)
{
    r->n_spinning++;
    bool is_new = spin(r);
    r->n_spinning--;
    return is_new;
}

static void help(void *argument)
{
    struct language_readers *r = argument;
    pthread_mutex_lock(&r->mutex);
    while (!thread_pool_is_pressed(r->pool)) {
        struct language_pass *pass = left_pass(r);
        if (!pass && is_worth_a_pass(r))
            pass = take(r);
        if (pass)
            run(r, pass, NULL);
        else if (!helper_spins(r))
            break;
    }
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
    for (unsigned i = 0; i < r->n_teams; i++)
        if (!r->passes[i].runs)
            r->passes[i].n_units = 0;
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
    uint64_t unit = round * r->n_streams + stream;
    *logits = r->logits + first_row(r, unit) * r->stride;
    pthread_mutex_lock(&r->mutex);
    while (!is_read(r, unit) && r->status == TACIT_OK) {
        struct language_pass *pass = left_pass(r);
        if (!pass)
            pass = take(r);
        if (pass)
            run(r, pass, &unit);
        else if (!spin(r)) {
            r->coder_waits = true;
            pthread_cond_wait(&r->read, &r->mutex);
            r->coder_waits = false;
        }
    }
    enum tacit_status status = r->status;
    pthread_mutex_unlock(&r->mutex);
    return status;
}

void language_readers_pass(struct language_readers *r)
{
    pthread_mutex_lock(&r->mutex);
    r->n_free++;
    note_event(r);
    call_helper(r);
    pthread_mutex_unlock(&r->mutex);
}
