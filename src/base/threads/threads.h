/* SPDX-License-Identifier: Apache-2.0
 *
 * A small pool of threads that run tasks in the order of submission. The owner (one thread) creates
 * the pool, submits tasks, waits for each that it submitted, and destroys the pool. A task's memory
 * is the owner's and must live until the task is done. Nothing here affects what a task computes.
 *
 * Threads that have no task help with tasks under way: a task that can use them makes an offer, and
 * calls for one helper at a time when there is something to do. Tasks that wait go before calls.
 */
#ifndef TACIT_BASE_THREADS_THREADS_H
#define TACIT_BASE_THREADS_THREADS_H

#include <stdbool.h>

#include "tacit/status.h"

struct thread_task {
    void (*run)(void *argument);
    void *argument;
    struct thread_task *next; /* the pool's */
    bool done;                /* the pool's: read it with thread_task_wait */
};

struct thread_offer {
    void (*help)(void *argument); /* returns when nothing is left to do for now */
    void *argument;
    struct thread_offer *next;    /* the pool's, as the next two */
    unsigned n_called, n_helping; /* calls that wait; threads in help */
};

struct thread_pool;

/* Processors this process may use, at least 1. */
unsigned threads_available(void);

/* Starts n_threads threads (1 ..). If not even one starts: TACIT_ERR_THREAD and *pool is NULL; if
 * some do, the pool works with those. */
enum tacit_status thread_pool_create(struct thread_pool **pool, unsigned n_threads);

/* task->run and ->argument are set. Never fails. */
void thread_pool_submit(struct thread_pool *pool, struct thread_task *task);

/* Waits until the task is done, or for about timeout_ms (0: looks, does not wait); whether it is
 * done. */
bool thread_task_wait(struct thread_pool *pool, struct thread_task *task, unsigned timeout_ms);

/* From a running task or the owner: makes an offer, whose help and argument are set. */
void thread_pool_offer(struct thread_pool *pool, struct thread_offer *offer);

/* The next thread that has no task runs help once. Any thread, between offer and withdrawal. */
void thread_pool_call(struct thread_pool *pool, struct thread_offer *offer);

/* Forgets calls that wait and returns when no thread is in help. */
void thread_pool_withdraw(struct thread_pool *pool, struct thread_offer *offer);

/* How many helpers each offer can count on, if all do the same, rounded up. Any thread. */
unsigned thread_pool_share(const struct thread_pool *pool);

/* Inside help: whether it shall return soon, because a task waits for a thread. */
bool thread_pool_is_pressed(struct thread_pool *pool);

/* Waits for running and queued tasks, then ends the threads. No offer is left. NULL is allowed. */
void thread_pool_destroy(struct thread_pool *pool);

#endif
