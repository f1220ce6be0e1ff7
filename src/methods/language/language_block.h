/* SPDX-License-Identifier: Apache-2.0
 *
 * Method model: a block is cut into streams that advance in lock-step, one item of each a step, so
 * that one pass over the language model's weights serves them all, in the encoder and in the decoder
 * alike. Each item is coded down the byte trie, mixed with context models that all streams share.
 *
 * Encoding wants job->model and ->look.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H

#include "methods/block_method.h"
#include "methods/context/context_sample.h"

extern const struct block_method language_method;

/* language_method.encode, compared with what the context models made of a sample (NULL: with nothing):
 * payload.size is 0 also if the model is far behind the sample. *rival_beaten: the model is so far
 * ahead of it that the context models need not code the whole. */
enum tacit_status language_block_encode(struct block_job *job, size_t n_max,
                                        const struct context_sample *rival, bool *rival_beaten);

#endif
