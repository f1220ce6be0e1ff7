/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: tasks run in order and are waited for; threads without a task answer calls for help, as
 * many at the same time as were called; tasks go before calls; a withdrawn offer is left alone.
 */
#include "base/threads/threads.h"

#include <stdatomic.h>
#include <time.h>

#include "check.h"

enum { N_THREADS = 3, N_CALLS = 50, WAIT_MS = 20000 };

static void wait_us(long n)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000 * n}, NULL);
}

struct shared {
    struct thread_pool *pool;
    struct thread_offer offer;
    atomic_uint n_helped, n_now, n_now_max, n_run;
    atomic_bool held, pressed;
};

static void help(void *argument)
{
    struct shared *shared = argument;
    unsigned n = atomic_fetch_add(&shared->n_now, 1) + 1, most = atomic_load(&shared->n_now_max);
    while (n > most && !atomic_compare_exchange_weak(&shared->n_now_max, &most, n))
        ;
    while (atomic_load(&shared->held)) {
        if (thread_pool_is_pressed(shared->pool))
            atomic_store(&shared->pressed, true);
        wait_us(50);
    }
    atomic_fetch_sub(&shared->n_now, 1);
    atomic_fetch_add(&shared->n_helped, 1);
}

static void start(struct shared *shared)
{
    *shared = (struct shared){.offer = {.help = help, .argument = shared}};
    CHECK(thread_pool_create(&shared->pool, N_THREADS) == TACIT_OK);
    thread_pool_offer(shared->pool, &shared->offer);
}

static void stop(struct shared *shared)
{
    thread_pool_withdraw(shared->pool, &shared->offer);
    CHECK(atomic_load(&shared->n_now) == 0);
    thread_pool_destroy(shared->pool);
}

static void wait_until(atomic_uint *n, unsigned wanted)
{
    for (unsigned ms = 0; atomic_load(n) < wanted && ms < WAIT_MS; ms++)
        wait_us(1000);
    CHECK_MSG(atomic_load(n) == wanted, "%u of %u", atomic_load(n), wanted);
}

/* Each call is answered once, by all threads at the same time if need be. */
static void check_calls(void)
{
    struct shared shared;
    start(&shared);
    atomic_store(&shared.held, true);
    for (unsigned i = 0; i < N_THREADS; i++)
        thread_pool_call(shared.pool, &shared.offer);
    wait_until(&shared.n_now, N_THREADS);
    atomic_store(&shared.held, false);
    wait_until(&shared.n_helped, N_THREADS);
    for (unsigned i = 0; i < N_CALLS; i++)
        thread_pool_call(shared.pool, &shared.offer);
    wait_until(&shared.n_helped, N_THREADS + N_CALLS);
    CHECK(atomic_load(&shared.n_now_max) <= N_THREADS);
    stop(&shared);
}

static void run(void *argument)
{
    struct shared *shared = argument;
    atomic_fetch_add(&shared->n_run, 1);
}

/* Helpers see that a task waits; it runs before calls that came first. */
static void check_pressed(void)
{
    struct shared shared;
    struct thread_task task = {.run = run, .argument = &shared};
    start(&shared);
    atomic_store(&shared.held, true);
    for (unsigned i = 0; i < N_THREADS + N_CALLS; i++)
        thread_pool_call(shared.pool, &shared.offer);
    wait_until(&shared.n_now, N_THREADS);
    CHECK(!thread_pool_is_pressed(shared.pool));
    thread_pool_submit(shared.pool, &task);
    for (unsigned ms = 0; !atomic_load(&shared.pressed) && ms < WAIT_MS; ms++)
        wait_us(1000);
    CHECK(atomic_load(&shared.pressed) && atomic_load(&shared.n_run) == 0);
    atomic_store(&shared.held, false);
    CHECK(thread_task_wait(shared.pool, &task, WAIT_MS));
    CHECK(atomic_load(&shared.n_run) == 1 && !thread_pool_is_pressed(shared.pool));
    stop(&shared);
}

/* Calls that wait when an offer is withdrawn are forgotten; other offers stay. */
static void check_withdrawn(void)
{
    struct shared shared, *other = &(struct shared){0};
    start(&shared);
    CHECK(thread_pool_share(shared.pool) == N_THREADS - 1);
    other->pool = shared.pool;
    other->offer = (struct thread_offer){.help = help, .argument = other};
    thread_pool_offer(shared.pool, &other->offer);
    atomic_store(&shared.held, true);
    for (unsigned i = 0; i < N_THREADS; i++)
        thread_pool_call(shared.pool, &shared.offer);
    wait_until(&shared.n_now, N_THREADS);
    thread_pool_call(shared.pool, &other->offer);
    CHECK(thread_pool_share(shared.pool) == (N_THREADS - 1) / 2);
    thread_pool_withdraw(shared.pool, &other->offer);
    atomic_store(&shared.held, false);
    stop(&shared);
    CHECK(atomic_load(&shared.n_helped) == N_THREADS && atomic_load(&other->n_helped) == 0);
}

int main(void)
{
    check_calls();
    check_pressed();
    check_withdrawn();
    return check_result();
}
