/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides how the threads of a plan are used. Blocks come first: as many as there are
 * threads are coded at the same time, unless the model is large (codec_plan.n_at_once). Threads
 * without a block help with blocks that are being coded, in teams: each team has the model read for
 * streams of its own, and within a team the members share the rows of the weights.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_THREADS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/open_model.h"

struct language_threads {
    unsigned n_teams, team_size;
};

/* For one block with n_streams streams, for each of which a pass reads n_ahead tokens, with
 * n_threads. alone: no other block is being coded. */
struct language_threads language_threads_choose(unsigned n_threads, const struct tacit_model *model,
                                                bool alone, uint32_t n_streams, uint32_t n_ahead);

#endif
