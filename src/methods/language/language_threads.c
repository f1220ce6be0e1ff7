/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_threads.h"

#include "engine/lm.h"
#include "methods/plan.h"

enum {
    LARGE_ROWS = 8
}; /* with fewer rows, a pass waits for memory if no cache holds the
                            weights */

struct language_threads language_threads_choose(unsigned n_threads, const struct tacit_model *model,
                                                bool alone, uint32_t n_streams, uint32_t n_ahead)
{
    bool large = codec_plan_is_large(model);
    unsigned n = n_threads < LM_THREADS_MAX ? n_threads : LM_THREADS_MAX;
    unsigned n_parts = large ? n_streams * n_ahead / LARGE_ROWS : n_streams;
    struct language_threads threads = {1, 1};
    n_parts = n_parts < n_streams ? n_parts : n_streams;
    if (n_ahead > 1 && n_parts < 2 && n > 2)
        n_parts = 2; /* one thread reads while the other codes */
    if (n_parts > 1)
        threads.n_teams = n_parts < n ? n_parts : n;
    /* Members of a team meet some forty times a pass. In a small model's pass of a tenth of a
     * millisecond, that costs more than it gains as soon as the processors have other work. */
    if (large && alone)
        threads.team_size = n / threads.n_teams;
    return threads;
}
