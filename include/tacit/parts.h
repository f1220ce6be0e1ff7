/* SPDX-License-Identifier: Apache-2.0
 *
 * One archive made on many machines: any of them encodes a block by itself, and one joins the
 * blocks. The archive is byte for byte the one that tacit_encoder_run makes of the whole content.
 *
 *     anywhere, in any order:  tacit_block_encode for each options.block_size bytes of content
 *     on one machine:          tacit_joiner_create -> tacit_joiner_hash* and tacit_joiner_add*
 *                              -> tacit_joiner_finish -> tacit_joiner_destroy
 *
 * The joiner hashes the content, which has to be read from its beginning to its end, and makes the
 * headers that stand before the payloads. It needs no content and block together in memory, and
 * holds 9 bytes a block. Thread rule: one thread at a time for a joiner; tacit_block_encode keeps
 * no state.
 */
#ifndef TACIT_PARTS_H
#define TACIT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_CODED_BLOCK_HEADER 50  /* bytes before the payload of a coded block */
#define TACIT_JOINER_HEADER_MAX  512 /* the most that the joiner puts before a payload */

/* The largest coded block that n_content bytes can become. */
TACIT_API size_t tacit_block_bound(size_t n_content);

/* How many bytes of content each block but the last one holds:
 * options->block_size, or what the level says. options: NULL for the defaults.
 * TACIT_ERR_ARGUMENT. */
TACIT_API enum tacit_status tacit_options_block_size(const struct tacit_options *options,
                                                     uint64_t *n_bytes);

/* Encodes content[0 .. n_content), 1 byte to a block, to out: a coded block, which is a header of
 * TACIT_CODED_BLOCK_HEADER bytes with checksums and then the payload. out: out_cap bytes, not
 * overlapping content; tacit_block_bound(n_content) always suffices. options: NULL for the
 * defaults; with a memory limit, content_size is that of the whole content. *n_out: the coded
 * block's length, 0 after a failure. TACIT_ERR_ARGUMENT: an option out of range, content of no
 * bytes or longer than a block, out too small; TACIT_ERR_MEMORY, _MEMORY_LIMIT, _THREAD, _FLOAT,
 * _CANCELLED. */
TACIT_API enum tacit_status tacit_block_encode(const void *content, size_t n_content, void *out,
                                               size_t out_cap, size_t *n_out,
                                               const struct tacit_options *options);

struct tacit_joiner;

/* options: as the blocks were encoded with; copied. On failure *joiner is NULL.
 * A reference among them must outlive the joiner. TACIT_ERR_ARGUMENT, _MEMORY. */
TACIT_API enum tacit_status tacit_joiner_create(struct tacit_joiner **joiner,
                                                const struct tacit_options *options);

/* Takes all of the content in order, in pieces of any size, before, between or after the blocks. */
TACIT_API void tacit_joiner_hash(struct tacit_joiner *joiner, const void *content,
                                 size_t n_content);

/* Takes a coded block, in the order of content; is_last: no other block follows. Writes *n_header
 * bytes to header[TACIT_JOINER_HEADER_MAX]. The archive has these bytes next, and then the coded
 * block's payload, which is all that follows its first TACIT_CODED_BLOCK_HEADER bytes. Empty
 * content has no coded block: tacit_buffer_compress makes its archive. TACIT_ERR_CORRUPT,
 * _CHECKSUM: not a coded block, or a damaged one; TACIT_ERR_ARGUMENT: the block is longer than the
 * options say, or shorter and not the last; TACIT_ERR_STATE: the last block was added before;
 * TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_joiner_add(struct tacit_joiner *joiner, const void *block,
                                             size_t n_block, bool is_last, void *header,
                                             size_t *n_header);

/* How long the end of the archive is: index and footer, or nothing for an archive of one block. */
TACIT_API size_t tacit_joiner_tail_size(const struct tacit_joiner *joiner);

/* Writes the end of the archive: tacit_joiner_tail_size bytes. TACIT_ERR_STATE: the last block
 * was not added, or the content hashed is not as long as that of the blocks; TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_joiner_finish(struct tacit_joiner *joiner, void *tail);

/* NULL is allowed. */
TACIT_API void tacit_joiner_destroy(struct tacit_joiner *joiner);

#ifdef __cplusplus
}
#endif

#endif
