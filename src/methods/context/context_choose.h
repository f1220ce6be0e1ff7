/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoder's choices for a block of method context: how its content is split, which segments are
 * kept raw, how large the tables are. The decoder reads all choices from the payload.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_CHOOSE_H
#define TACIT_METHODS_CONTEXT_CONTEXT_CHOOSE_H

#include <stddef.h>
#include <stdint.h>

#include "methods/block_job.h"
#include "methods/context/context_layout.h"

/* Needs job->content, which is not empty, and ->look. */
enum tacit_status context_choose(const struct block_job *job, struct context_layout *layout);

/* Whether the block holds what its reference may hold too, and nothing that is transformed. */
bool context_can_recall(const struct block_job *job);

enum {
    LEARNT_MAX = 1 << 22, /* bytes of a reference that the models learn */
    ALIKE_MAX = 1 << 16,  /* blocks up to this size take the reference's type */
};

/* The tables' memory for n_bytes of content behind n_learnt bytes of a reference, 0: none. A short
 * block with a reference gets tables that can be restored fast to their state after the reference:
 * measured on records of 1 KB behind 110 KB, 4 MiB instead of 64 cost 0.3 %. */
unsigned context_memory_log2(const struct codec_plan *plan, uint64_t n_bytes, uint64_t n_learnt);

#endif
