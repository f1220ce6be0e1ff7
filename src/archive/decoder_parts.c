/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/decoder_parts.h"

#include <string.h>

#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "base/try.h"

void decoder_start_archive(struct tacit_decoder *decoder)
{
    decoder->part = PART_HEADER;
    decoder->small.size = 0;
    decoder->n_needed = 1;
    decoder->archive_start = decoder->part_offset = decoder->offset;
    decoder->n_before += decoder->n_content;
    decoder->n_blocks = decoder->n_content = 0;
    decoder->entries.size = 0;
    hash_stream_reset(decoder->hash);
}

void decoder_start_part(struct tacit_decoder *decoder, enum decoder_part part, size_t n_needed)
{
    decoder->part = part;
    decoder->n_needed = n_needed;
    if (part == PART_MARK) {
        decoder->small.size = 0;
        decoder->part_offset = decoder->offset;
    }
}

static enum tacit_status begin_payload(struct tacit_decoder *decoder,
                                       const struct format_block *block)
{
    struct block_job *job = block_queue_tail(decoder->queue);
    if (block->method == TACIT_METHOD_MODEL)
        TRY(decoder->model_status);
    decoder->n_content += block->content_size;
    if (decoder->n_content > decoder->plan.content_limit - decoder->n_before)
        return TACIT_ERR_CONTENT_LIMIT;
    if (block->payload_size > decoder->plan.memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    job->model = decoder->model;
    job->reference = decoder->reference;
    job->header = *block;
    job->archive_offset = decoder->part_offset;
    job->payload.size = 0;
    job->content.size = 0;
    decoder_start_part(decoder, PART_PAYLOAD, 0);
    return TACIT_OK;
}

static enum tacit_status read_header(struct tacit_decoder *decoder)
{
    size_t n_header;
    struct byte_buffer *small = &decoder->small;
    enum tacit_status status =
        format_header_parse(small->data, small->size, &decoder->header, &n_header);
    if (decoder->any_archive && small->data[0] == 0) {
        decoder->part = PART_PADDING;
        return TACIT_OK;
    }
    if (status == TACIT_ERR_TRUNCATED) {
        decoder->n_needed = n_header;
        return TACIT_OK;
    }
    if (status == TACIT_ERR_NOT_ARCHIVE && decoder->any_archive)
        return TACIT_ERR_CORRUPT; /* something else follows an archive */
    TRY(status);
    TRY(reference_identity_choose(&decoder->header.reference, decoder->plan.reference,
                                  &decoder->reference));
    decoder->model_status =
        model_identity_choose(&decoder->header.model, decoder->plan.model, &decoder->model);
    if (decoder->header.single)
        return begin_payload(decoder, &decoder->header.block);
    decoder_start_part(decoder, PART_MARK, FORMAT_MARK_SIZE);
    return TACIT_OK;
}

static enum tacit_status read_mark(struct tacit_decoder *decoder)
{
    switch (format_part_kind(decoder->small.data)) {
    case FORMAT_PART_BLOCK:
        decoder_start_part(decoder, PART_BLOCK, FORMAT_BLOCK_HEADER);
        return TACIT_OK;
    case FORMAT_PART_INDEX:
        decoder_start_part(decoder, PART_INDEX, (size_t)format_index_size(decoder->n_blocks));
        return TACIT_OK;
    default:
        return TACIT_ERR_CORRUPT;
    }
}

static enum tacit_status read_block_header(struct tacit_decoder *decoder)
{
    struct format_block block;
    TRY(format_block_parse(decoder->small.data, decoder->header.block_size, &block));
    if (block.tag != decoder->header.tag || block.content_offset != decoder->n_content)
        return TACIT_ERR_CORRUPT;
    TRY(format_entry_append(&decoder->entries, &block));
    decoder->n_blocks++;
    return begin_payload(decoder, &block);
}

/* Checks that the index agrees with the blocks that were read; all content has been given out and
 * hashed. */
static enum tacit_status read_index(struct tacit_decoder *decoder)
{
    struct format_index index;
    const uint8_t *entries;
    TRY(format_index_parse(decoder->small.data, decoder->small.size, &index, &entries));
    if (index.n_blocks != decoder->n_blocks ||
        index.archive_size != decoder->offset - decoder->archive_start ||
        memcmp(entries, decoder->entries.data, decoder->entries.size) != 0)
        return TACIT_ERR_CORRUPT;
    if (!hash128_equal(hash_stream_value(decoder->hash), index.content_hash))
        return TACIT_ERR_CHECKSUM;
    decoder->any_archive = true;
    decoder_start_archive(decoder);
    return TACIT_OK;
}

enum tacit_status decoder_read_part(struct tacit_decoder *decoder)
{
    switch (decoder->part) {
    case PART_HEADER:
        return read_header(decoder);
    case PART_MARK:
        return read_mark(decoder);
    case PART_BLOCK:
        return read_block_header(decoder);
    default:
        return read_index(decoder);
    }
}
