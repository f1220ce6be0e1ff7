/* SPDX-License-Identifier: Apache-2.0 */
#include "base/threads/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct thread_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a task was queued, a helper was called, or the pool ends */
    pthread_cond_t done; /* a task is done, or a helper has returned */
    struct thread_task *first, *last;
    struct thread_offer *offers;
    atomic_uint n_offers;
    atomic_bool pressed; /* tasks are queued */
    bool ending;
    unsigned n_threads;
    pthread_t threads[]; /* [n_threads] */
};

unsigned threads_available(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 1024 ? 1024 : (unsigned)n;
}

static struct thread_task *take_task(struct thread_pool *pool)
{
    struct thread_task *task = pool->first;
    if (task)
        pool->first = task->next;
    atomic_store_explicit(&pool->pressed, pool->first != NULL, memory_order_relaxed);
    return task;
}

static void run_task(struct thread_pool *pool, struct thread_task *task)
{
    pthread_mutex_unlock(&pool->mutex);
    task->run(task->argument);
    pthread_mutex_lock(&pool->mutex);
    task->done = true;
    pthread_cond_broadcast(&pool->done);
}

/* The first offer that calls for help. */
static struct thread_offer *find_call(const struct thread_pool *pool)
{
    struct thread_offer *offer = pool->offers;
    while (offer && offer->n_called == 0)
        offer = offer->next;
    return offer;
}

static void answer_call(struct thread_pool *pool, struct thread_offer *offer)
{
    offer->n_called--;
    offer->n_helping++;
    pthread_mutex_unlock(&pool->mutex);
    offer->help(offer->argument);
    pthread_mutex_lock(&pool->mutex);
    offer->n_helping--;
    pthread_cond_broadcast(&pool->done);
}

static void *thread_main(void *argument)
{
    struct thread_pool *pool = argument;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        struct thread_task *task = take_task(pool);
        struct thread_offer *offer = find_call(pool);
        if (task)
            run_task(pool, task);
        else if (offer)
            answer_call(pool, offer);
        else if (pool->ending)
            break;
        else
            pthread_cond_wait(&pool->work, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* The monotonic clock, so that setting the time of day does not stretch a wait. */
static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    int failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
                 pthread_cond_init(condition, &attributes) != 0;
    pthread_condattr_destroy(&attributes);
    return failed ? -1 : 0;
}

static enum tacit_status init_locks(struct thread_pool *pool)
{
    if (pthread_mutex_init(&pool->mutex, NULL) != 0)
        return TACIT_ERR_THREAD;
    if (init_condition(&pool->work) != 0) {
        pthread_mutex_destroy(&pool->mutex);
        return TACIT_ERR_THREAD;
    }
    if (init_condition(&pool->done) != 0) {
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->mutex);
        return TACIT_ERR_THREAD;
    }
    return TACIT_OK;
}

enum tacit_status thread_pool_create(struct thread_pool **pool_out, unsigned n_threads)
{
    *pool_out = NULL;
    struct thread_pool *pool = calloc(1, sizeof *pool + n_threads * sizeof pool->threads[0]);
    if (!pool)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = init_locks(pool);
    if (status != TACIT_OK) {
        free(pool);
        return status;
    }
    while (pool->n_threads < n_threads &&
           pthread_create(&pool->threads[pool->n_threads], NULL, thread_main, pool) == 0)
        pool->n_threads++;
    if (pool->n_threads == 0) {
        thread_pool_destroy(pool);
        return TACIT_ERR_THREAD;
    }
    *pool_out = pool;
    return TACIT_OK;
}

void thread_pool_submit(struct thread_pool *pool, struct thread_task *task)
{
    task->next = NULL;
    task->done = false;
    pthread_mutex_lock(&pool->mutex);
    if (pool->first)
        pool->last->next = task;
    else
        pool->first = task;
    pool->last = task;
    atomic_store_explicit(&pool->pressed, true, memory_order_relaxed);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

bool thread_task_wait(struct thread_pool *pool, struct thread_task *task, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    until.tv_sec += timeout_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&pool->mutex);
    while (!task->done && timeout_ms > 0 &&
           pthread_cond_timedwait(&pool->done, &pool->mutex, &until) != ETIMEDOUT)
        ;
    bool done = task->done;
    pthread_mutex_unlock(&pool->mutex);
    return done;
}

void thread_pool_offer(struct thread_pool *pool, struct thread_offer *offer)
{
    pthread_mutex_lock(&pool->mutex);
    offer->n_called = offer->n_helping = 0;
    offer->next = pool->offers;
    pool->offers = offer;
    atomic_fetch_add_explicit(&pool->n_offers, 1, memory_order_relaxed);
    pthread_mutex_unlock(&pool->mutex);
}

void thread_pool_call(struct thread_pool *pool, struct thread_offer *offer)
{
    pthread_mutex_lock(&pool->mutex);
    offer->n_called++;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

void thread_pool_withdraw(struct thread_pool *pool, struct thread_offer *offer)
{
    pthread_mutex_lock(&pool->mutex);
    struct thread_offer **at = &pool->offers;
    while (*at != offer)
        at = &(*at)->next;
    *at = offer->next;
    atomic_fetch_sub_explicit(&pool->n_offers, 1, memory_order_relaxed);
    while (offer->n_helping > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

unsigned thread_pool_share(const struct thread_pool *pool)
{
    unsigned n = atomic_load_explicit(&pool->n_offers, memory_order_relaxed);
    return n > 0 && pool->n_threads > n ? (pool->n_threads - 1) / n : 0;
}

bool thread_pool_is_pressed(struct thread_pool *pool)
{
    return atomic_load_explicit(&pool->pressed, memory_order_relaxed);
}

void thread_pool_destroy(struct thread_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
