/* SPDX-License-Identifier: Apache-2.0
 *
 * The streaming decoder's state (decoder.c), and the functions that read a complete part of an
 * archive: header, mark, block header or index, but not a payload.
 */
#ifndef TACIT_ARCHIVE_DECODER_PARTS_H
#define TACIT_ARCHIVE_DECODER_PARTS_H

#include "archive/block_queue.h"
#include "base/byte_buffer.h"
#include "base/hash.h"
#include "container/format.h"
#include "tacit/stream.h"

/* The part to which the next bytes of the archive belong. */
enum decoder_part { PART_HEADER, PART_MARK, PART_BLOCK, PART_PAYLOAD, PART_INDEX, PART_PADDING };

struct tacit_decoder {
    struct codec_plan plan;
    struct block_queue *queue;
    enum decoder_part part;
    struct byte_buffer small; /* header, mark or index, as far as it has come */
    size_t n_needed;          /* bytes of it that are needed to go on */
    uint64_t offset;          /* archive bytes taken */
    uint64_t part_offset;     /* where the current header, block or index starts */
    uint64_t error_offset;
    enum tacit_status pending; /* an error found behind blocks that are still to be given out */
    enum tacit_status failed;
    uint64_t n_memory;      /* of running jobs */
    uint64_t memory_needed; /* after TACIT_ERR_MEMORY_LIMIT; 0: not known */
    size_t out_pos;         /* of the head job's content */
    bool out_ready;         /* the head job is verified and is being given out */
    bool any_archive;       /* one was complete */

    /* The current archive. */
    struct format_header header;
    const struct tacit_model *model;         /* the model that it needs */
    const struct tacit_reference *reference; /* the reference that it needs */
    enum tacit_status model_status; /* blocks coded without the model are decoded all the same */
    uint64_t archive_start;
    uint64_t n_blocks;
    uint64_t n_content;
    uint64_t n_before; /* content of the archives before the current one */
    struct byte_buffer entries;
    struct hash_stream *hash;
};

/* The next bytes belong to a header. */
void decoder_start_archive(struct tacit_decoder *decoder);

/* The next bytes belong to part, which needs n_needed bytes in all; the bytes of a mark count as
 * the beginning of the part that follows. */
void decoder_start_part(struct tacit_decoder *decoder, enum decoder_part part, size_t n_needed);

/* Reads the n_needed bytes in decoder->small, of any part but a payload and padding, and moves on
 * to the next part, or asks for more bytes of this one. A free job has to be at the queue's tail
 * for a header and for a block's; none may be under way for an index. */
enum tacit_status decoder_read_part(struct tacit_decoder *decoder);

#endif
