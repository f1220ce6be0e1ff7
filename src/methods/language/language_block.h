/* SPDX-License-Identifier: Apache-2.0
 *
 * Method model: a block is cut into segments that advance in lock-step, one token of each a step,
 * so that one pass over the language model's weights serves them all, in the encoder and in the
 * decoder alike. Each token is coded down the byte trie, mixed with context models that all
 * segments share.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "methods/block.h"

/* Codes job->content to job->payload, keeping it only if it is at most n_max bytes: payload.size is
 * 0 if it is not, if a part of the content shows that it would not be, or if the content is not
 * mostly text. job->model and ->look are there. */
enum tacit_status language_block_encode(struct block_job *job, size_t n_max);

/* payload and header are there; makes content. TACIT_ERR_CORRUPT if the payload cannot be right,
 * TACIT_ERR_MODEL_MISSING without a model. */
enum tacit_status language_block_decode(struct block_job *job);

/* Upper bound of what encoding content_size bytes takes, the model's weights not included. */
uint64_t language_block_encode_memory(const struct codec_plan *plan, uint64_t content_size);

/* What decoding takes beyond content and payload. */
enum tacit_status language_block_decode_memory(const struct block_job *job, uint64_t *n_bytes);

#endif
