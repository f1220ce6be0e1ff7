/* SPDX-License-Identifier: Apache-2.0
 *
 * What the context models make of a part of a block, so that a language model, which is many times
 * slower, can be held against them before it has read everything, and they need not read everything
 * once it is well ahead.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H
#define TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H

#include "methods/block.h"

/* Whether the content is worth a sample: less of it is soon coded whole. */
bool context_sample_pays(size_t content_size);

/* Codes the first part of each of n_pieces equal pieces of the job's content, and notes in *rival how
 * much that was and what it took. The job's look is there; its payload stays as it is. */
enum tacit_status context_sample_measure(const struct block_job *job, uint32_t n_pieces,
                                         struct block_rival *rival);

#endif
