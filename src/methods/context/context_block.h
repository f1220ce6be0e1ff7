/* SPDX-License-Identifier: Apache-2.0
 *
 * Method context: a block is split into segments by what they are made of, each transformed, and
 * coded bit by bit with the context models' predictions; segments that look random may be kept raw.
 * Tables are shared by the block's segments, so what one teaches helps the next.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_BLOCK_H
#define TACIT_METHODS_CONTEXT_CONTEXT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "methods/block.h"

/* Codes job->content, which is the same again afterwards, to job->payload, keeping it only if it is
 * at most n_max bytes: payload.size is 0 if it is not. job->look is there; sets job->n_raw, bytes of
 * content that are kept as they are. */
enum tacit_status context_block_encode(struct block_job *job, size_t n_max);

/* payload and header are there; makes content. TACIT_ERR_CORRUPT if the payload cannot be right. */
enum tacit_status context_block_decode(struct block_job *job);

/* Upper bound of what the models take to encode content_size bytes. */
uint64_t context_block_encode_memory(const struct codec_plan *plan, uint64_t content_size);

/* What decoding takes beyond content and payload. */
enum tacit_status context_block_decode_memory(const struct block_job *job, uint64_t *n_bytes);

#endif
