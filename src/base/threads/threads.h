/* SPDX-License-Identifier: Apache-2.0
 *
 * A small pool of threads that run tasks in the order of submission. The owner (one thread) creates
 * the pool, submits tasks, waits for each that it submitted, and destroys the pool. The owner owns
 * a task's memory, which must live until the task is done. The pool never affects what a task
 * computes.
 *
 * Threads that have no task help with tasks that run: a task that can use help makes an offer, and
 * calls for one helper at a time when there is work for it. Waiting tasks come before calls.
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
    void (*help)(void *argument); /* returns when there is no work for it now */
    void *argument;
    struct thread_offer *next;    /* the pool's, as the next two fields */
    unsigned n_called, n_helping; /* calls that wait; threads that are inside help */
};

struct thread_pool;

/* Processors this process may use, at least 1. */
unsigned threads_available(void);

/* Starts n_threads threads (1 ..). If not even one starts: TACIT_ERR_THREAD and *pool is NULL; if
 * some do, the pool works with those. */
enum tacit_status thread_pool_create(struct thread_pool **pool, unsigned n_threads);

/* task->run and ->argument are set. Never fails. */
void thread_pool_submit(struct thread_pool *pool, struct thread_task *task);

/* Waits until the task is done, or for about timeout_ms (0: does not wait). Returns whether the
 * task is done. */
bool thread_task_wait(struct thread_pool *pool, struct thread_task *task, unsigned timeout_ms);

/* From a running task or the owner: makes an offer, whose help and argument are set. */
void thread_pool_offer(struct thread_pool *pool, struct thread_offer *offer);

/* Has the next thread without a task run help once. Any thread may call, between offer and
 * withdrawal. */
void thread_pool_call(struct thread_pool *pool, struct thread_offer *offer);

/* Drops calls that wait, and returns when no thread is inside help. */
void thread_pool_withdraw(struct thread_pool *pool, struct thread_offer *offer);

/* How many helpers each offer gets if all offers get as many, rounded up. Any thread may call. */
unsigned thread_pool_share(const struct thread_pool *pool);

/* Inside help: whether help has to return soon, because a task waits for a thread. */
bool thread_pool_is_pressed(struct thread_pool *pool);

/* Waits for running and queued tasks, then ends the threads. No offer is left. NULL is allowed. */
void thread_pool_destroy(struct thread_pool *pool);

#endif
