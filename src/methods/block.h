/* SPDX-License-Identifier: Apache-2.0
 *
 * One block, content to payload and back, by whatever method. For given content and plan the
 * payload is always the same. Any thread; one at a time for a job.
 */
#ifndef TACIT_METHODS_BLOCK_H
#define TACIT_METHODS_BLOCK_H

#include "methods/block_job.h"

/* job->content is full; makes ->payload and ->header except for tag, content_offset and form: by the
 * method whose payload is the shortest. */
enum tacit_status block_encode(struct block_job *job);

/* ->header and ->payload are there; checks both and makes ->content. TACIT_ERR_CHECKSUM,
 * TACIT_ERR_MEMORY_LIMIT by the plan, or an error of the method. */
enum tacit_status block_decode(struct block_job *job);

/* Whether threads that have no block are of use to this one of n_content bytes: a language model may code it, and it is
 * not soon done. */
bool block_can_be_helped(const struct block_job *job, uint64_t n_content);

/* The content types that block_encode would find in job->content, and CONTENT_DEFAULT, as bits. */
enum tacit_status block_content_set(struct block_job *job, uint32_t *content_set);

/* Where there is a reference: whether the archive must name it, since the block's payload was made with it. */
bool block_needs_reference(const struct format_block *header, const uint8_t *payload);

/* Upper bound of what block_decode allocates beside the payload; TACIT_ERR_CORRUPT,
 * TACIT_ERR_UNSUPPORTED or TACIT_ERR_MODEL_MISSING if block_decode would fail so. */
enum tacit_status block_decode_memory(const struct block_job *job, uint64_t *n_bytes);

#endif
