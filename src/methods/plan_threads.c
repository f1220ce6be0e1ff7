/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan's threads will do, told to callers beforehand.
 */
#include "base/try.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_threads.h"
#include "methods/plan_memory.h"

static unsigned threads_of_block(const struct codec_plan *plan)
{
    uint32_t n_streams = language_choose_streams(plan, plan->block_bound);
    struct language_threads threads = language_threads_choose(
        plan->n_threads, plan->model, true, n_streams, language_choose_ahead(true, n_streams));
    return threads.n_teams * threads.team_size;
}

enum tacit_status tacit_options_threads(const struct tacit_options *options, unsigned *n_blocks,
                                        unsigned *n_a_block)
{
    struct codec_plan plan;
    *n_blocks = *n_a_block = 1;
    TRY(codec_plan_make_encoder(&plan, options));
    TRY(codec_plan_fit_encoder(&plan));
    bool single = plan.block_bound < plan.block_size;
    *n_blocks = single ? 1 : plan.n_at_once;
    *n_a_block = plan.model ? threads_of_block(&plan) : 1;
    return TACIT_OK;
}
