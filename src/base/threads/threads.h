/* SPDX-License-Identifier: Apache-2.0
 *
 * A small pool of threads that run tasks in the order of submission. The owner (one thread) creates
 * the pool, submits tasks, waits for each that it submitted, and destroys the pool. A task's memory
 * is the owner's and must live until the task is done. Nothing here affects what a task computes.
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

/* Waits for running and queued tasks, then ends the threads. NULL is allowed. */
void thread_pool_destroy(struct thread_pool *pool);

#endif
