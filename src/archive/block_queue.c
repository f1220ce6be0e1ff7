/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/block_queue.h"

#include <stdlib.h>

#include "base/threads/threads.h"
#include "base/try.h"
#include "methods/block.h"

enum { WAIT_MS = 100 };

enum slot_state { SLOT_FREE, SLOT_QUEUED, SLOT_SUBMITTED, SLOT_DONE };

struct slot {
    struct block_job job;
    struct thread_task task;
    enum slot_state state; /* for the owner; SUBMITTED until the owner has seen the job done */
    enum tacit_status status;
    block_run_fn run;
};

struct block_queue {
    const struct codec_plan *plan;
    bool archive_progress;
    bool cancelled;
    atomic_bool stop;
    struct thread_pool *pool; /* started with the first block that can use it */
    uint64_t n_in, n_out;
    unsigned n_slots, first, n_used;
    struct slot slots[]; /* [n_slots], a ring */
};

static void run_slot(void *argument)
{
    struct slot *slot = argument;
    slot->status = slot->run(&slot->job);
}

/* Calls the owner's callback with the bytes done, jobs that are running included. */
static bool report(void *argument)
{
    struct block_queue *queue = argument;
    if (!queue->plan->progress || queue->cancelled)
        return queue->cancelled;
    uint64_t n_in = queue->n_in, n_out = queue->n_out;
    for (unsigned i = 0; i < queue->n_used; i++) {
        struct block_job *job = &queue->slots[(queue->first + i) % queue->n_slots].job;
        uint64_t n_done = atomic_load_explicit(&job->watch.n_done, memory_order_relaxed);
        if (!queue->archive_progress) {
            n_in += n_done;
        } else if (job->header.content_size > 0) {
            n_in += job->header.payload_size * n_done / job->header.content_size;
            n_out += n_done;
        }
    }
    queue->cancelled = queue->plan->progress(queue->plan->progress_context, n_in, n_out) != 0;
    return queue->cancelled;
}

enum tacit_status block_queue_create(struct block_queue **queue_out, const struct codec_plan *plan,
                                     block_run_fn run, bool archive_progress)
{
    /* One slot more than threads: the owner fills or empties it while the threads work. If fewer
     * blocks than threads may run, the slots limit their number. */
    bool spare = plan->n_threads > 1 && plan->n_at_once == plan->n_threads;
    unsigned n_slots = plan->n_at_once + spare;
    struct block_queue *queue = calloc(1, sizeof *queue + n_slots * sizeof queue->slots[0]);
    *queue_out = queue;
    if (!queue)
        return TACIT_ERR_MEMORY;
    queue->plan = plan;
    queue->archive_progress = archive_progress;
    queue->n_slots = n_slots;
    atomic_init(&queue->stop, false);
    for (unsigned i = 0; i < n_slots; i++) {
        struct slot *slot = &queue->slots[i];
        slot->run = run;
        slot->task = (struct thread_task){.run = run_slot, .argument = slot};
        slot->job.plan = plan;
        slot->job.model = plan->model;
        slot->job.reference = plan->reference;
        slot->job.watch.stop = &queue->stop;
    }
    return TACIT_OK;
}

struct block_job *block_queue_tail(struct block_queue *queue)
{
    if (queue->n_used == queue->n_slots)
        return NULL;
    return &queue->slots[(queue->first + queue->n_used) % queue->n_slots].job;
}

/* The threads are started when a block can use them. Without threads the work takes longer and the
 * bytes are the same. */
static enum tacit_status start_threads(struct block_queue *queue)
{
    if (queue->pool || queue->plan->n_threads <= 1)
        return TACIT_OK;
    enum tacit_status status = thread_pool_create(&queue->pool, queue->plan->n_threads);
    return status == TACIT_ERR_THREAD ? TACIT_OK : status;
}

enum tacit_status block_queue_push(struct block_queue *queue, bool alone)
{
    struct slot *slot = &queue->slots[(queue->first + queue->n_used) % queue->n_slots];
    struct block_job *job = &slot->job;
    atomic_store_explicit(&job->watch.n_done, 0, memory_order_relaxed);
    job->alone = queue->n_used == 0 && (alone || queue->n_slots == 1);
    if (!job->alone || block_can_be_helped(job, job->content.size + job->header.content_size))
        TRY(start_threads(queue));
    bool threaded = !job->alone && queue->pool;
    queue->n_used++;
    job->pool = queue->pool;
    job->watch.tick = threaded ? NULL : report;
    job->watch.tick_context = queue;
    slot->state = threaded ? SLOT_SUBMITTED : SLOT_QUEUED;
    if (threaded)
        thread_pool_submit(queue->pool, &slot->task);
    return TACIT_OK;
}

static struct slot *head_slot(struct block_queue *queue)
{
    return queue->n_used ? &queue->slots[queue->first] : NULL;
}

struct block_job *block_queue_head(struct block_queue *queue)
{
    struct slot *slot = head_slot(queue);
    return slot ? &slot->job : NULL;
}

bool block_queue_head_done(struct block_queue *queue)
{
    struct slot *slot = head_slot(queue);
    if (slot && slot->state == SLOT_SUBMITTED && thread_task_wait(queue->pool, &slot->task, 0))
        slot->state = SLOT_DONE;
    return slot && slot->state == SLOT_DONE;
}

enum tacit_status block_queue_wait_head(struct block_queue *queue)
{
    struct slot *slot = head_slot(queue);
    if (slot->state == SLOT_QUEUED) {
        run_slot(slot);
        slot->state = SLOT_DONE;
    }
    while (slot->state == SLOT_SUBMITTED) {
        if (thread_task_wait(queue->pool, &slot->task, WAIT_MS))
            slot->state = SLOT_DONE;
        else if (report(queue))
            return TACIT_ERR_CANCELLED;
    }
    return slot->status;
}

void block_queue_pop(struct block_queue *queue)
{
    struct slot *slot = head_slot(queue);
    slot->state = SLOT_FREE;
    if (queue->plan->memory_limit != UINT64_MAX)
        block_job_free(&slot->job);
    queue->first = (queue->first + 1) % queue->n_slots;
    queue->n_used--;
}

void block_queue_count(struct block_queue *queue, uint64_t n_in, uint64_t n_out)
{
    queue->n_in += n_in;
    queue->n_out += n_out;
}

void block_queue_destroy(struct block_queue *queue)
{
    if (!queue)
        return;
    atomic_store(&queue->stop, true);
    thread_pool_destroy(queue->pool);
    for (unsigned i = 0; i < queue->n_slots; i++)
        block_job_free(&queue->slots[i].job);
    free(queue);
}
