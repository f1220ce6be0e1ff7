/* SPDX-License-Identifier: Apache-2.0
 *
 * Method zstd: the payload is one zstd frame that states its content size. The window is as large
 * as the block. The bytes depend on the version of libzstd that encodes; any version decodes them.
 */
#ifndef TACIT_METHODS_ZSTD_BLOCK_H
#define TACIT_METHODS_ZSTD_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/byte_buffer.h"
#include "methods/block.h"

/* Compresses content to out, keeping it only if it is at most n_max bytes: out->size is 0 if it is
 * not. The encoder stops early once it is larger. */
enum tacit_status zstd_block_encode(const struct byte_buffer *content, int level, size_t n_max,
                                    struct byte_buffer *out, struct block_watch *watch);

/* content->size bytes are expected; its memory is there. TACIT_ERR_CORRUPT if it is not one frame
 * of exactly that content. */
enum tacit_status zstd_block_decode(const struct byte_buffer *payload, struct byte_buffer *content,
                                    size_t content_size);

/* Upper bounds, buffers of content and payload not included. */
uint64_t zstd_block_encode_memory(uint64_t content_size, int level);
uint64_t zstd_block_decode_memory(void);

#endif
