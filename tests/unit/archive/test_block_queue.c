/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks under way: they come out in the order in which they went in, whatever the threads; one that
 * fails says so at its turn and the others do not; progress may stop all; a queue with blocks under
 * way can be destroyed.
 */
#include "archive/block_queue.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "check.h"

enum { N_JOBS = 40, N_WAITED = 7, N_WRONG = 5 };

static atomic_uint n_started, n_busy, n_busy_max;

static void wait_us(long n)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000 * n}, NULL);
}

/* A job's number is its content size. Early ones take longer, so that later ones overtake them. */
static enum tacit_status run_numbered(struct block_job *job)
{
    unsigned n_now = atomic_fetch_add(&n_busy, 1) + 1, most = atomic_load(&n_busy_max);
    while (n_now > most && !atomic_compare_exchange_weak(&n_busy_max, &most, n_now))
        ;
    atomic_fetch_add(&n_started, 1);
    if (job->header.content_size % N_WAITED == 0)
        wait_us(3000);
    job->header.payload_check = (uint64_t)job->header.content_size * 3;
    atomic_fetch_sub(&n_busy, 1);
    return job->header.content_size % N_JOBS == N_WRONG ? TACIT_ERR_CHECKSUM : TACIT_OK;
}

static struct block_queue *make(struct codec_plan *plan, block_run_fn run)
{
    struct block_queue *queue;
    CHECK(block_queue_create(&queue, plan, run, false) == TACIT_OK && queue);
    return queue;
}

static uint32_t push_numbered(struct block_queue *queue, uint32_t number)
{
    struct block_job *job = block_queue_tail(queue);
    job->header.content_size = number;
    CHECK(block_queue_push(queue, false) == TACIT_OK);
    return number + 1;
}

static void pop_numbered(struct block_queue *queue, uint32_t number)
{
    struct block_job *job = block_queue_head(queue);
    enum tacit_status expected = number % N_JOBS == N_WRONG ? TACIT_ERR_CHECKSUM : TACIT_OK;
    enum tacit_status status = block_queue_wait_head(queue);
    CHECK_MSG(status == expected, "job %u: %s", number, tacit_status_name(status));
    CHECK(block_queue_head_done(queue));
    CHECK_MSG(job->header.content_size == number, "job %u at the turn of %u",
              job->header.content_size, number);
    CHECK(job->header.payload_check == (uint64_t)number * 3);
    block_queue_pop(queue);
}

static void check_order(unsigned n_threads, unsigned n_at_once)
{
    struct codec_plan plan = {
        .n_threads = n_threads, .n_at_once = n_at_once, .memory_limit = UINT64_MAX};
    struct block_queue *queue = make(&plan, run_numbered);
    bool spare = n_threads > 1 && n_at_once == n_threads;
    uint32_t n_in = 0, n_out = 0, n_slots = n_at_once + spare;
    CHECK(!block_queue_head(queue) && !block_queue_head_done(queue));
    atomic_store(&n_busy_max, 0);
    while (n_out < N_JOBS) {
        while (n_in < N_JOBS && block_queue_tail(queue))
            n_in = push_numbered(queue, n_in);
        CHECK(n_in == N_JOBS || n_in - n_out == n_slots);
        pop_numbered(queue, n_out++);
    }
    CHECK(!block_queue_head(queue));
    CHECK_MSG(atomic_load(&n_busy_max) <= n_at_once, "%u at once, not %u", atomic_load(&n_busy_max),
              n_at_once);
    block_queue_destroy(queue);
}

/* With one thread, or for a block alone, the owner's thread does the work, when it waits. */
static void check_alone(unsigned n_threads)
{
    struct codec_plan plan = {
        .n_threads = n_threads, .n_at_once = n_threads, .memory_limit = UINT64_MAX};
    struct block_queue *queue = make(&plan, run_numbered);
    atomic_store(&n_started, 0);
    block_queue_tail(queue)->header.content_size = 1;
    CHECK(block_queue_push(queue, true) == TACIT_OK);
    wait_us(2000);
    CHECK(atomic_load(&n_started) == 0 && !block_queue_head_done(queue));
    CHECK(block_queue_wait_head(queue) == TACIT_OK && atomic_load(&n_started) == 1);
    block_queue_pop(queue);
    block_queue_destroy(queue);
}

/* Works until it is told to stop. */
static enum tacit_status run_endless(struct block_job *job)
{
    for (uint64_t n = 1;; n++) {
        if (block_watch_stop(&job->watch, n))
            return TACIT_ERR_CANCELLED;
        wait_us(100);
    }
}

struct seen {
    unsigned n_calls, n_calls_max;
    uint64_t n_in;
};

static int count_calls(void *context, uint64_t n_in, uint64_t n_out)
{
    struct seen *seen = context;
    CHECK(n_in >= seen->n_in && n_out == 0);
    seen->n_in = n_in;
    return ++seen->n_calls == seen->n_calls_max;
}

static void check_cancelled(unsigned n_threads)
{
    struct seen seen = {.n_calls_max = 3};
    struct codec_plan plan = {.n_threads = n_threads,
                              .n_at_once = n_threads,
                              .memory_limit = UINT64_MAX,
                              .progress = count_calls,
                              .progress_context = &seen};
    struct block_queue *queue = make(&plan, run_endless);
    while (block_queue_tail(queue))
        CHECK(block_queue_push(queue, false) == TACIT_OK);
    CHECK(block_queue_wait_head(queue) == TACIT_ERR_CANCELLED);
    CHECK(seen.n_calls == 3 && seen.n_in > 0);
    block_queue_destroy(queue); /* ends what runs */
    CHECK(seen.n_calls == 3);
}

/* Buffers are kept for the next block, except under a limit. */
static void check_buffers(uint64_t memory_limit)
{
    struct codec_plan plan = {.n_threads = 1, .n_at_once = 1, .memory_limit = memory_limit};
    struct block_queue *queue = make(&plan, run_numbered);
    struct block_job *job = block_queue_tail(queue);
    job->header.content_size = 1;
    CHECK(byte_buffer_append(&job->content, "content", 7) == TACIT_OK);
    CHECK(block_queue_push(queue, false) == TACIT_OK && !block_queue_tail(queue));
    CHECK(block_queue_wait_head(queue) == TACIT_OK);
    block_queue_pop(queue);
    CHECK(block_queue_tail(queue) == job);
    CHECK((job->content.data != NULL) == (memory_limit == UINT64_MAX));
    block_queue_destroy(queue);
}

int main(void)
{
    for (unsigned n_threads = 1; n_threads <= 4; n_threads++)
        for (unsigned n_at_once = 1; n_at_once <= n_threads; n_at_once++)
            check_order(n_threads, n_at_once);
    for (unsigned n_threads = 1; n_threads <= 2; n_threads++) {
        check_alone(n_threads);
        check_cancelled(n_threads);
    }
    check_buffers(UINT64_MAX);
    check_buffers(1 << 20);
    block_queue_destroy(NULL);
    return check_result();
}
