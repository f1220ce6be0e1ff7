/* SPDX-License-Identifier: Apache-2.0
 *
 * The streaming decoder's state (decoder.c), and what it makes of the parts of an archive that are
 * complete: header, mark, block header and index. A payload is not among them.
 */
#ifndef TACIT_ARCHIVE_DECODER_PARTS_H
#define TACIT_ARCHIVE_DECODER_PARTS_H

#include "archive/block_queue.h"
#include "base/byte_buffer.h"
#include "base/hash.h"
#include "container/format.h"
#include "tacit/stream.h"

/* What the next bytes of the archive belong to. */
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
    enum tacit_status pending; /* found behind blocks that are still to be given out */
    enum tacit_status failed;
    uint64_t n_memory;      /* of jobs under way */
    uint64_t memory_needed; /* after TACIT_ERR_MEMORY_LIMIT; 0: not known */
    size_t out_pos;         /* of the head job's content */
    bool out_ready;         /* the head job is verified and on its way out */
    bool any_archive;       /* one was complete */

    /* The current archive. */
    struct format_header header;
    const struct tacit_model *model;         /* that it needs */
    const struct tacit_reference *reference; /* likewise */
    enum tacit_status model_status; /* blocks that do without the model are decoded all the same */
    uint64_t archive_start;
    uint64_t n_blocks;
    uint64_t n_content;
    uint64_t n_before; /* content of the archives before it */
    struct byte_buffer entries;
    struct hash_stream *hash;
};

/* The next bytes belong to a header. */
void decoder_start_archive(struct tacit_decoder *decoder);

/* The next bytes belong to part, which needs n_needed of them in all; the bytes of a mark start a
 * part anew. */
void decoder_start_part(struct tacit_decoder *decoder, enum decoder_part part, size_t n_needed);

/* Reads what decoder->small holds, n_needed bytes of any part but a payload and padding, and moves on to the
 * part that follows, or asks for more bytes of this one. A free job has to be at the queue's tail for
 * a header and for a block's; none may be under way for an index. */
enum tacit_status decoder_read_part(struct tacit_decoder *decoder);

#endif
