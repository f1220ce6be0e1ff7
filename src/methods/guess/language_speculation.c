/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/guess/language_speculation.h"

#include "base/threads/spin.h"
#include "base/try.h"

/* Waking a thread takes some ten microseconds, and so does what lies between a pass and the next: decoding a token's masses. */
enum { HELPER_SPINS = 1500, DECODER_SPINS = 500 };

/* Helper. */

static bool has_work(const struct language_speculation *s)
{
    return atomic_load_explicit(&s->is_asked, memory_order_acquire);
}

/* With the mutex, which is released meanwhile. */
static void sleep_until_asked(struct language_speculation *s)
{
    pthread_mutex_unlock(&s->mutex);
    for (unsigned n = 0; n < HELPER_SPINS && !has_work(s); n++)
        spin_pause();
    pthread_mutex_lock(&s->mutex);
    s->helper_sleeps = true;
    while (!has_work(s) && !s->leaves)
        pthread_cond_wait(&s->asked_on, &s->mutex);
    s->helper_sleeps = false;
}

/* Reads with the mutex released. What is not wanted any more is taken back. */
static void read_asked(struct language_speculation *s)
{
    bool stopped;
    s->running = s->asked;
    const atomic_bool *stop = &s->stops[s->turn];
    s->turn ^= 1;
    atomic_store_explicit(&s->is_running, true, memory_order_relaxed);
    atomic_store_explicit(&s->is_asked, false, memory_order_relaxed);
    pthread_mutex_unlock(&s->mutex);
    enum tacit_status status = lm_feed_unless(s->lm, SPECULATION_TEAM, s->running.inputs,
                                              s->running.n, s->logits, stop, &stopped);
    pthread_mutex_lock(&s->mutex);
    bool is_wanted = !atomic_load_explicit(stop, memory_order_relaxed);
    if (status == TACIT_OK && !stopped && !is_wanted)
        status = lm_take_back(s->lm, 0, (uint32_t)s->running.n);
    if (!is_wanted)
        s->running.n = 0;
    if (status != TACIT_OK)
        s->read_status = status;
    atomic_store_explicit(&s->is_running, false, memory_order_release);
    if (s->decoder_waits)
        pthread_cond_signal(&s->done);
}

static void help(void *argument)
{
    struct language_speculation *s = argument;
    pthread_mutex_lock(&s->mutex);
    s->is_inside = true;
    while (!s->leaves) {
        if (has_work(s))
            read_asked(s);
        else
            sleep_until_asked(s);
    }
    s->is_called = s->is_inside = s->leaves = false;
    pthread_mutex_unlock(&s->mutex);
}

/* Decoding thread. */

static bool is_busy(const struct language_speculation *s)
{
    return atomic_load_explicit(&s->is_running, memory_order_acquire);
}

/* With the mutex, which is released meanwhile. */
static void wait_until_idle(struct language_speculation *s)
{
    if (!is_busy(s))
        return;
    pthread_mutex_unlock(&s->mutex);
    for (unsigned n = 0; n < DECODER_SPINS && is_busy(s); n++)
        spin_pause();
    pthread_mutex_lock(&s->mutex);
    s->decoder_waits = true;
    while (is_busy(s))
        pthread_cond_wait(&s->done, &s->mutex);
    s->decoder_waits = false;
}

/* With the mutex. Sees to it that the helper reads nothing more of what it was asked for, and that nothing of it is
 * kept once the helper is idle. */
static void drop(struct language_speculation *s)
{
    s->place = BYTE_TRIE_NONE;
    if (has_work(s))
        atomic_store_explicit(&s->is_asked, false, memory_order_relaxed);
    if (is_busy(s)) {
        atomic_store_explicit(&s->stops[s->turn ^ 1], true, memory_order_relaxed);
    } else if (s->running.n > 0) {
        enum tacit_status status = lm_take_back(s->lm, 0, (uint32_t)s->running.n);
        s->status = status != TACIT_OK ? status : s->status;
        s->running.n = 0;
    }
}

enum tacit_status language_speculation_start(struct language_speculation *s)
{
    if (!s->wanted)
        return TACIT_OK;
    if (pthread_mutex_init(&s->mutex, NULL) != 0)
        return TACIT_ERR_THREAD;
    if (pthread_cond_init(&s->asked_on, NULL) != 0) {
        pthread_mutex_destroy(&s->mutex);
        return TACIT_ERR_THREAD;
    }
    if (pthread_cond_init(&s->done, NULL) != 0) {
        pthread_cond_destroy(&s->asked_on);
        pthread_mutex_destroy(&s->mutex);
        return TACIT_ERR_THREAD;
    }
    s->place = BYTE_TRIE_NONE;
    s->offer = (struct thread_offer){.help = help, .argument = s};
    thread_pool_offer(s->pool, &s->offer);
    s->started = true;
    return TACIT_OK;
}

void language_speculation_stop(struct language_speculation *s)
{
    if (!s->started)
        return;
    pthread_mutex_lock(&s->mutex);
    drop(s);
    s->leaves = true;
    pthread_cond_signal(&s->asked_on);
    pthread_mutex_unlock(&s->mutex);
    thread_pool_withdraw(s->pool, &s->offer);
    pthread_cond_destroy(&s->done);
    pthread_cond_destroy(&s->asked_on);
    pthread_mutex_destroy(&s->mutex);
    s->started = false;
}

/* Calls a helper if there is a thread to spare, and sends it away if not. Returns whether it is there. */
static bool see_to_helper(struct language_speculation *s)
{
    bool is_spare = thread_pool_share(s->pool) > 0 && !thread_pool_is_pressed(s->pool);
    pthread_mutex_lock(&s->mutex);
    if (is_spare && !s->is_called) {
        s->is_called = true;
        thread_pool_call(s->pool, &s->offer);
    } else if (!is_spare && s->is_inside) {
        s->leaves = true;
        pthread_cond_signal(&s->asked_on);
    }
    bool is_there = s->is_inside && !s->leaves;
    pthread_mutex_unlock(&s->mutex);
    return is_there;
}

void language_speculation_begin(struct language_speculation *s)
{
    if (!s->started)
        return;
    s->is_active = see_to_helper(s);
    s->place =
        s->guess->n_read > 0 ? s->distribution->trie->places[s->guess->read[0]] : BYTE_TRIE_NONE;
}

/* The place of the likeliest token, which has none if it has no bytes. Masses of tokens are below 2^31. */
static uint32_t likeliest_of_all(const struct token_distribution *d, uint64_t *mass)
{
    const uint32_t *masses = d->mass;
    int32_t top = 0;
    uint32_t token = 0;
    for (uint32_t i = 0; i < d->n_tokens; i++)
        top = (int32_t)masses[i] > top ? (int32_t)masses[i] : top;
    while (masses[token] != (uint32_t)top)
        token++;
    *mass = (uint32_t)top;
    return d->trie->places[token];
}

/* The likeliest place that the walk can still come to. */
static uint32_t likeliest(const struct token_distribution *d, const struct byte_trie_walk *walk,
                          uint64_t *mass)
{
    uint32_t place = walk->low;
    if (walk->high - walk->low == d->trie->n_places) {
        place = likeliest_of_all(d, mass);
        if (place != BYTE_TRIE_NONE)
            return place;
        place = walk->low;
    }
    *mass = 0;
    for (uint32_t i = walk->low; i < walk->high; i++)
        if (d->sum[i + 1] - d->sum[i] > *mass) {
            *mass = d->sum[i + 1] - d->sum[i];
            place = i;
        }
    return place;
}

/* With the mutex. */
static void ask(struct language_speculation *s, uint32_t token)
{
    /* Rows of the other half than that of logits in use. */
    uint32_t first_row = s->guess->row < GUESS_ROWS ? GUESS_ROWS : 0;
    s->asked.n = language_guess_suppose(s->guesser, s->guess, 0, token, first_row, s->asked.inputs);
    atomic_store_explicit(&s->stops[s->turn], false, memory_order_relaxed);
    atomic_store_explicit(&s->is_asked, true, memory_order_release);
    s->n_begun++;
    if (s->helper_sleeps)
        pthread_cond_signal(&s->asked_on);
}

/* Forgets the token that was being read or had been read: it cannot come any more. */
static void give_up(struct language_speculation *s)
{
    enum tacit_status status = TACIT_OK;
    if (s->guess->n_read > 0)
        status = lm_take_back(s->lm, 0, s->guess->n_read); /* the helper is idle */
    s->guess->n_read = 0;
    s->status = status != TACIT_OK ? status : s->status;
}

void language_speculation_look(void *speculation, const struct byte_trie_walk *walk)
{
    struct language_speculation *s = speculation;
    const struct token_distribution *d = s->distribution;
    uint64_t mass, all = d->sum[walk->high] - d->sum[walk->low];
    if (!s->is_active || (s->place >= walk->low && s->place < walk->high))
        return;
    uint32_t place = likeliest(d, walk, &mass);
    bool pays = mass * GUESS_ONE >= all * s->share && d->token[place] < d->n_tokens;
    if (s->guess->n_read > 0)
        give_up(s);
    else if (s->place == BYTE_TRIE_NONE && !pays)
        return;
    pthread_mutex_lock(&s->mutex);
    drop(s);
    if (pays) {
        ask(s, d->token[place]);
        s->place = place;
    }
    pthread_mutex_unlock(&s->mutex);
}

enum tacit_status language_speculation_settle(struct language_speculation *s, uint32_t place)
{
    if (!s->started || !s->is_active || s->guess->n_read > 0)
        return s->status;
    pthread_mutex_lock(&s->mutex);
    bool is_right =
        place != BYTE_TRIE_NONE && place == s->place && !has_work(s) && s->running.n > 0;
    if (is_right) {
        language_guess_take(s->guess, s->running.inputs, s->running.n);
        s->n_right++;
        s->n_fed += s->running.n;
        s->n_waited += is_busy(s);
    } else {
        drop(s);
        wait_until_idle(s);
    }
    pthread_mutex_unlock(&s->mutex);
    return s->status;
}

enum tacit_status language_speculation_await(struct language_speculation *s)
{
    if (!s->started)
        return TACIT_OK;
    pthread_mutex_lock(&s->mutex);
    wait_until_idle(s);
    s->running.n = 0; /* the stream's guess has it */
    enum tacit_status status = s->read_status;
    pthread_mutex_unlock(&s->mutex);
    return status;
}
