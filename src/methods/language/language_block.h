/* SPDX-License-Identifier: Apache-2.0
 *
 * Method model: a block is cut into streams that advance in lock-step, one item of each a step, so
 * that one pass over the language model's weights serves them all, in the encoder and in the decoder
 * alike. Each item is coded down the byte trie, mixed with context models that all streams share.
 * (Unmixed, items are coded whole.)
 *
 * Encoding wants job->model and ->look.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H

#include "methods/block_method.h"
#include "methods/language/language_rival.h"

extern const struct block_method language_method;

/* As language_method.encode, but compares with rival (NULL: with nothing). Unless *verdict is
 * LANGUAGE_GOES_ON, payload.size is 0. */
enum tacit_status language_block_encode(struct block_job *job, size_t n_max,
                                        struct language_rival *rival,
                                        enum language_verdict *verdict);

#endif
