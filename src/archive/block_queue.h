/* SPDX-License-Identifier: Apache-2.0
 *
 * A queue of blocks that are being coded, first in, first out: the only place where encoder and
 * decoder use threads. The owner fills the tail job and pushes it, and takes the head when that is
 * done, in the same order. In between the jobs run on the pool. With one thread or only one block,
 * a job runs on the owner's thread while the owner waits, and the pool's threads may help with it.
 * The owner's progress callback is called on the owner's thread only.
 */
#ifndef TACIT_ARCHIVE_BLOCK_QUEUE_H
#define TACIT_ARCHIVE_BLOCK_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "methods/block_job.h"

struct block_queue;

typedef enum tacit_status (*block_run_fn)(struct block_job *job);

/* plan: outlives the queue. archive_progress: progress counts a job's payload as input, not its
 * content. On failure *queue is NULL. */
enum tacit_status block_queue_create(struct block_queue **queue, const struct codec_plan *plan,
                                     block_run_fn run, bool archive_progress);

/* The job to fill next, whose buffers are empty or out of date; NULL while all are in use. */
struct block_job *block_queue_tail(struct block_queue *queue);

/* Submits the tail. alone: no other block is likely to follow soon, so another thread would gain
 * nothing. */
enum tacit_status block_queue_push(struct block_queue *queue, bool alone);

/* The oldest job that was pushed and not popped, NULL if there is none. */
struct block_job *block_queue_head(struct block_queue *queue);

/* Whether the head is done; does not wait, and does not run it. */
bool block_queue_head_done(struct block_queue *queue);

/* Waits for the head, which must exist. Returns its status, or TACIT_ERR_CANCELLED by the
 * callback. */
enum tacit_status block_queue_wait_head(struct block_queue *queue);

/* Removes the head, which is done, so that its buffers may be used again. */
void block_queue_pop(struct block_queue *queue);

/* For progress: bytes that went in and came out so far, without running jobs. */
void block_queue_count(struct block_queue *queue, uint64_t n_in, uint64_t n_out);

/* Stops running jobs and frees all. NULL is allowed. */
void block_queue_destroy(struct block_queue *queue);

#endif
