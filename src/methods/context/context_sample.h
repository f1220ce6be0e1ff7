/* SPDX-License-Identifier: Apache-2.0
 *
 * What the context models make of a part of a block. A language model is many times slower. With the
 * sample, an encoder can give the language model up early where it loses, and need not run the
 * context models over the whole block where it is well ahead.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H
#define TACIT_METHODS_CONTEXT_CONTEXT_SAMPLE_H

#include "methods/block_job.h"

struct context_sample {
    uint64_t n_bytes; /* of content in the sample */
    uint64_t n_coded; /* bytes that the context models made of them */
};

/* Whether a sample is worth taking: shorter content is soon coded whole. */
bool context_sample_pays(size_t content_size);

/* Codes the first part of each of n_pieces equal pieces of the job's content. The job's payload stays
 * as it is. */
enum tacit_status context_sample_measure(const struct block_job *job, uint32_t n_pieces,
                                         struct context_sample *sample);

#endif
