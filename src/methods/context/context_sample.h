/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes a part of a block, a sample, by the context models. A language model is many times slower.
 * By the sample, an encoder gives the language model up early if it gains too little for its time,
 * and does not run the context models over the whole block if the language model is well ahead.
 *
 * A model that knows a language before it starts is ahead on the first bytes, even where the context
 * models soon do better. So a sample is coded twice, its first half alone and the whole: the
 * difference is the cost of the second half for models that have learnt the first.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H
#define TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H

#include "methods/block_job.h"

enum {
    CONTEXT_SAMPLED_MIN = 1 << 15
}; /* shorter content is coded whole, which takes little
                                           time */

struct context_sample {
    uint64_t n_half, n_bytes;       /* of content in half the sample, and in all of it */
    uint64_t half_coded, all_coded; /* bytes that the context models made of them */
};

/* Codes the bytes at each of n_pieces places of the job's content, in ascending order, as many at each, as
 * content of one type of CONTENT_WORDS. The job's payload is unchanged; its watch counts the
 * sample. */
enum tacit_status context_sample_measure(struct block_job *job, enum content_type type,
                                         const uint32_t *places, uint32_t n_pieces,
                                         struct context_sample *sample);

/* The memory that context_sample_measure takes at most; content_size: of the block. */
uint64_t context_sample_memory(const struct codec_plan *plan, uint64_t content_size);

#endif
