/* SPDX-License-Identifier: Apache-2.0
 *
 * How the threads of a plan are spent, in one place. Blocks come first: as many as there are
 * threads are coded at the same time, unless the model is large (codec_plan.n_at_once). Threads
 * without a block help to read the model for blocks under way, in teams: each team takes streams of
 * its own, and within a team the rows of the weights are dealt to the members.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_THREADS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/open_model.h"

struct language_threads {
    unsigned n_teams, team_size;
};

/* Of one block with n_streams streams, of which a pass reads n_ahead tokens each, when there are
 * n_threads. alone: no other block is under way. */
struct language_threads language_threads_choose(unsigned n_threads, const struct tacit_model *model,
                                                bool alone, uint32_t n_streams, uint32_t n_ahead);

#endif
