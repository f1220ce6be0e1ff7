/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads parts of an archive from a source that can be read at any offset. Every offset and length is
 * checked against the source's size first.
 */
#ifndef TACIT_ARCHIVE_SOURCE_H
#define TACIT_ARCHIVE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "container/format.h"
#include "methods/block_job.h"
#include "tacit/archive.h"

/* Reads n_bytes at offset; TACIT_ERR_TRUNCATED beyond the source's end. */
enum tacit_status source_read(const struct tacit_source *source, uint64_t offset, void *data,
                              uint64_t n_bytes);

/* Reads and parses the archive header at offset. */
enum tacit_status source_read_header(const struct tacit_source *source, uint64_t offset,
                                     struct format_header *header, size_t *n_header);

/* Whether only zero bytes follow from offset to the end. Reads only until a byte is not zero. */
enum tacit_status source_is_zero(const struct tacit_source *source, uint64_t offset, bool *is_zero);

/* Reads the payload at offset of the block that job->header describes, and decodes it to
 * job->content. TACIT_ERR_TRUNCATED, TACIT_ERR_MEMORY_LIMIT or _CONTENT_LIMIT by the job's plan, or
 * an error of block_decode. */
enum tacit_status source_decode_block(const struct tacit_source *source, uint64_t offset,
                                      struct block_job *job);

/* For callers who decode one block at a time: call before source_decode_block. Starts the plan's
 * threads, once, to help with a block of the language model. The caller destroys *pool, which is
 * NULL at first. Without threads decoding takes longer, and the bytes are the same. */
void source_lend_threads(struct thread_pool **pool, struct block_job *job);

#endif
