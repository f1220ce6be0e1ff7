/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/plan_memory.h"

#include "base/try.h"
#include "methods/block_job.h"
#include "methods/block_methods.h"

uint64_t codec_plan_memory_per_thread(const struct codec_plan *plan)
{
    uint64_t n_most = 0; /* one method works at a time */
    for (unsigned i = 0; i < block_methods_end(); i++) {
        uint64_t n = block_method_of(i)->encode_memory(plan, plan->block_bound);
        n_most = n > n_most ? n : n_most;
    }
    return 2 * plan->block_bound + sizeof(struct block_job) + n_most;
}

uint64_t codec_plan_memory_fixed(const struct codec_plan *plan)
{
    /* One more block is filled while the threads work. */
    uint64_t spare = plan->n_at_once > 1 ? 2 * plan->block_bound : 0;
    return spare + (64 << 10);
}

static uint64_t memory_of(const struct codec_plan *plan)
{
    return codec_plan_memory_fixed(plan) + plan->n_at_once * codec_plan_memory_per_thread(plan);
}

/* With one thread. */
static bool fits(const struct codec_plan *plan)
{
    struct codec_plan tried = *plan;
    tried.n_threads = tried.n_at_once = 1;
    return memory_of(&tried) <= plan->memory_limit;
}

enum tacit_status codec_plan_fit_encoder(struct codec_plan *plan)
{
    if (plan->model && plan->level < TACIT_LEVEL_CONTEXT)
        return TACIT_ERR_ARGUMENT;
    /* What changes the bytes is decided for one thread, however many there will be. */
    if (plan->context && !fits(plan))
        plan->zstd_level = 0;
    while (plan->context && !fits(plan) && plan->memory_log2_max > CONTEXT_MEMORY_LOG2_MIN)
        plan->memory_log2_max--;
    if (!fits(plan))
        return TACIT_ERR_MEMORY_LIMIT;
    while (plan->n_at_once > 1 && memory_of(plan) > plan->memory_limit)
        plan->n_at_once--;
    while (plan->n_threads > 1 && memory_of(plan) > plan->memory_limit)
        plan->n_threads--;
    return TACIT_OK;
}

enum tacit_status codec_plan_least_memory(const struct codec_plan *plan, uint64_t *n_bytes)
{
    uint64_t too_little = 0, enough = UINT64_MAX;
    struct codec_plan tried = *plan;
    tried.memory_limit = enough;
    TRY(codec_plan_fit_encoder(&tried));
    while (enough - too_little > 1) {
        tried = *plan;
        tried.memory_limit = too_little + (enough - too_little) / 2;
        if (codec_plan_fit_encoder(&tried) == TACIT_OK)
            enough = tried.memory_limit;
        else
            too_little = tried.memory_limit;
    }
    *n_bytes = enough;
    return TACIT_OK;
}

enum tacit_status tacit_options_memory(const struct tacit_options *options, uint64_t *n_bytes)
{
    struct codec_plan plan;
    *n_bytes = 0;
    TRY(codec_plan_make_encoder(&plan, options));
    *n_bytes = memory_of(&plan);
    return TACIT_OK;
}

enum tacit_status tacit_options_least_memory(const struct tacit_options *options, uint64_t *n_bytes)
{
    struct codec_plan plan;
    *n_bytes = 0;
    TRY(codec_plan_make_encoder(&plan, options));
    return codec_plan_least_memory(&plan, n_bytes);
}
