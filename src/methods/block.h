/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes one block by one of the methods, and decodes it. The same content and plan always give the
 * same payload. Any thread may call; one at a time for a job.
 */
#ifndef TACIT_METHODS_BLOCK_H
#define TACIT_METHODS_BLOCK_H

#include "methods/block_job.h"

/* job->content holds the block. Makes ->payload by the method with the shortest payload, and
 * ->header except for tag, content_offset and form. */
enum tacit_status block_encode(struct block_job *job);

/* Checks ->header and ->payload and makes ->content. TACIT_ERR_CHECKSUM,
 * TACIT_ERR_MEMORY_LIMIT by the plan, or an error of the method. */
enum tacit_status block_decode(struct block_job *job);

/* Whether threads without a block can help with this block of n_content bytes: a language model may
 * code it, and it takes long enough. */
bool block_can_be_helped(const struct block_job *job, uint64_t n_content);

/* Finds the content types of job->content as block_encode does, and CONTENT_DEFAULT, as bits. */
enum tacit_status block_content_set(struct block_job *job, uint32_t *content_set);

/* Of a job with a reference: whether the archive must name the reference, since the payload was
 * made with it. */
bool block_needs_reference(const struct format_block *header, const uint8_t *payload);

/* The same of the rules by which the model's tokenizer cuts text. */
bool block_cuts_text(const struct format_block *header, const uint8_t *payload);

/* Upper bound of what block_decode allocates beside the payload; TACIT_ERR_CORRUPT,
 * TACIT_ERR_VERSION (format.md, section 1) or TACIT_ERR_MODEL_MISSING if block_decode would fail so. */
enum tacit_status block_decode_memory(const struct block_job *job, uint64_t *n_bytes);

#endif
