/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/block_job.h"

/* A language model takes about four times as long for a byte as the context models; the factor
 * depends on the machine. */
enum { SAMPLE_COST = 4 };

bool block_watch_stop(struct block_watch *watch, uint64_t n_done)
{
    if (watch->whole)
        return block_watch_stop(watch->whole, n_done / SAMPLE_COST);
    /* Several methods may code a block in turn; n_done never decreases. */
    if (n_done > atomic_load_explicit(&watch->n_done, memory_order_relaxed))
        atomic_store_explicit(&watch->n_done, n_done, memory_order_relaxed);
    if (watch->stop && atomic_load_explicit(watch->stop, memory_order_relaxed))
        return true;
    return watch->tick && watch->tick(watch->tick_context);
}

void block_job_free(struct block_job *job)
{
    byte_buffer_free(&job->content);
    byte_buffer_free(&job->payload);
}
