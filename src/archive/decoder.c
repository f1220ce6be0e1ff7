/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "archive/block_queue.h"
#include "archive/model_identity.h"
#include "base/byte_buffer.h"
#include "base/hash.h"
#include "base/try.h"
#include "container/format.h"
#include "methods/block.h"
#include "tacit/stream.h"

/* What the next bytes of the archive belong to. */
enum decoder_part { PART_HEADER, PART_MARK, PART_BLOCK, PART_PAYLOAD, PART_INDEX };

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
    uint64_t n_memory; /* of jobs under way */
    size_t out_pos;    /* of the head job's content */
    bool out_ready;    /* the head job is verified and on its way out */
    bool any_archive;  /* one was complete */

    /* The current archive. */
    struct format_header header;
    const struct tacit_model *model; /* that it needs */
    enum tacit_status
        model_status; /* is it there? Blocks that do without are decoded all the same */
    uint64_t archive_start;
    uint64_t n_blocks;
    uint64_t n_content;
    struct byte_buffer entries;
    struct hash_stream *hash;
};

static void start_archive(struct tacit_decoder *decoder)
{
    decoder->part = PART_HEADER;
    decoder->small.size = 0;
    decoder->n_needed = 1;
    decoder->archive_start = decoder->part_offset = decoder->offset;
    decoder->n_blocks = decoder->n_content = 0;
    decoder->entries.size = 0;
    hash_stream_reset(decoder->hash);
}

enum tacit_status tacit_decoder_create(struct tacit_decoder **decoder_out,
                                       const struct tacit_options *options)
{
    *decoder_out = NULL;
    struct codec_plan plan;
    TRY(codec_plan_make(&plan, options));
    struct tacit_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return TACIT_ERR_MEMORY;
    decoder->plan = plan;
    enum tacit_status status =
        block_queue_create(&decoder->queue, &decoder->plan, block_decode, true);
    if (status == TACIT_OK)
        status = hash_stream_create(&decoder->hash);
    if (status != TACIT_OK) {
        tacit_decoder_destroy(decoder);
        return status;
    }
    start_archive(decoder);
    *decoder_out = decoder;
    return TACIT_OK;
}

void tacit_decoder_destroy(struct tacit_decoder *decoder)
{
    if (!decoder)
        return;
    block_queue_destroy(decoder->queue);
    hash_stream_destroy(decoder->hash);
    byte_buffer_free(&decoder->small);
    byte_buffer_free(&decoder->entries);
    free(decoder);
}

uint64_t tacit_decoder_error_offset(const struct tacit_decoder *decoder)
{
    return decoder->error_offset;
}

enum tacit_status tacit_decoder_needs(const struct tacit_decoder *decoder,
                                      struct tacit_archive_model *model)
{
    return model_identity_tell(&decoder->header.model, model);
}

static void start_part(struct tacit_decoder *decoder, enum decoder_part part, size_t n_needed)
{
    decoder->part = part;
    decoder->n_needed = n_needed;
    if (part == PART_MARK) {
        decoder->small.size = 0;
        decoder->part_offset = decoder->offset;
    }
}

/* Input to the small buffer until n_needed bytes are there; whether they are. */
static enum tacit_status gather(struct tacit_decoder *decoder, struct tacit_input *input,
                                bool *moved)
{
    struct byte_buffer *small = &decoder->small;
    size_t n = decoder->n_needed - small->size;
    if (n > input->size - input->pos)
        n = input->size - input->pos;
    if (n > 0) {
        TRY(byte_buffer_append(small, (const uint8_t *)input->data + input->pos, n));
        input->pos += n;
        decoder->offset += n;
        block_queue_count(decoder->queue, n, 0);
        *moved = true;
    }
    return TACIT_OK;
}

static enum tacit_status begin_payload(struct tacit_decoder *decoder,
                                       const struct format_block *block)
{
    struct block_job *job = block_queue_tail(decoder->queue);
    if (block->method == TACIT_METHOD_MODEL)
        TRY(decoder->model_status);
    if (block->payload_size > decoder->plan.memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    job->model = decoder->model;
    job->header = *block;
    job->archive_offset = decoder->part_offset;
    job->payload.size = 0;
    job->content.size = 0;
    start_part(decoder, PART_PAYLOAD, 0);
    return TACIT_OK;
}

static enum tacit_status read_header(struct tacit_decoder *decoder)
{
    size_t n_header;
    struct byte_buffer *small = &decoder->small;
    enum tacit_status status =
        format_header_parse(small->data, small->size, &decoder->header, &n_header);
    if (status == TACIT_ERR_TRUNCATED) {
        decoder->n_needed = n_header;
        return TACIT_OK;
    }
    if (status == TACIT_ERR_NOT_ARCHIVE && decoder->any_archive)
        return TACIT_ERR_CORRUPT; /* something else follows an archive */
    TRY(status);
    decoder->model_status =
        model_identity_choose(&decoder->header.model, decoder->plan.model, &decoder->model);
    if (decoder->header.single)
        return begin_payload(decoder, &decoder->header.block);
    start_part(decoder, PART_MARK, FORMAT_MARK_SIZE);
    return TACIT_OK;
}

static enum tacit_status read_mark(struct tacit_decoder *decoder)
{
    switch (format_part_kind(decoder->small.data)) {
    case FORMAT_PART_BLOCK:
        start_part(decoder, PART_BLOCK, FORMAT_BLOCK_HEADER);
        return TACIT_OK;
    case FORMAT_PART_INDEX:
        start_part(decoder, PART_INDEX, (size_t)format_index_size(decoder->n_blocks));
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
    uint8_t entry[FORMAT_INDEX_ENTRY];
    format_entry_pack(entry, &(struct format_entry){.method = block.method,
                                                    .content_size = block.content_size,
                                                    .payload_size = block.payload_size});
    TRY(byte_buffer_append(&decoder->entries, entry, sizeof entry));
    decoder->n_blocks++;
    decoder->n_content += block.content_size;
    return begin_payload(decoder, &block);
}

/* The index must say what was seen; all content has been given out and hashed. */
static enum tacit_status read_index(struct tacit_decoder *decoder)
{
    struct format_index index;
    const uint8_t *entries;
    TRY(format_index_parse(decoder->small.data, decoder->small.size, &index, &entries));
    struct hash128 hash = hash_stream_value(decoder->hash);
    if (index.n_blocks != decoder->n_blocks ||
        index.archive_size != decoder->offset - decoder->archive_start ||
        memcmp(entries, decoder->entries.data, decoder->entries.size) != 0)
        return TACIT_ERR_CORRUPT;
    if (index.content_hash.low != hash.low || index.content_hash.high != hash.high)
        return TACIT_ERR_CHECKSUM;
    decoder->any_archive = true;
    start_archive(decoder);
    return TACIT_OK;
}

/* The payload is complete: the job starts if memory allows, or the archive can never be decoded. */
static enum tacit_status push_block(struct tacit_decoder *decoder, struct block_job *job,
                                    bool *moved)
{
    uint64_t n_decode;
    TRY(block_decode_memory(job, &n_decode));
    job->memory = n_decode + job->header.payload_size;
    if (job->memory > decoder->plan.memory_limit - decoder->n_memory)
        return block_queue_head(decoder->queue) ? TACIT_OK : TACIT_ERR_MEMORY_LIMIT;
    TRY(block_queue_push(decoder->queue, job->header.single));
    decoder->n_memory += job->memory;
    *moved = true;
    if (job->header.single) {
        decoder->any_archive = true;
        start_archive(decoder);
    } else {
        start_part(decoder, PART_MARK, FORMAT_MARK_SIZE);
    }
    return TACIT_OK;
}

static enum tacit_status take_payload(struct tacit_decoder *decoder, struct tacit_input *input,
                                      bool *moved)
{
    struct block_job *job = block_queue_tail(decoder->queue);
    struct byte_buffer *payload = &job->payload;
    size_t n = job->header.payload_size - payload->size;
    if (n > input->size - input->pos)
        n = input->size - input->pos;
    if (n > 0) {
        TRY(byte_buffer_reserve(payload, payload->size + n, job->header.payload_size));
        memcpy(payload->data + payload->size, (const uint8_t *)input->data + input->pos, n);
        payload->size += n;
        input->pos += n;
        decoder->offset += n;
        *moved = true;
    }
    if (payload->size == job->header.payload_size)
        return push_block(decoder, job, moved);
    return TACIT_OK;
}

static enum tacit_status take_input(struct tacit_decoder *decoder, struct tacit_input *input,
                                    bool *moved)
{
    if (decoder->part == PART_PAYLOAD)
        return take_payload(decoder, input, moved);
    TRY(gather(decoder, input, moved));
    if (decoder->small.size < decoder->n_needed)
        return TACIT_OK;
    bool needs_job = decoder->part == PART_HEADER || decoder->part == PART_BLOCK;
    if (needs_job && !block_queue_tail(decoder->queue))
        return TACIT_OK;
    if (decoder->part == PART_INDEX && block_queue_head(decoder->queue))
        return TACIT_OK;
    *moved = true;
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

/* Gives out the head job's content; true when nothing is left of it. */
static bool give_output(struct tacit_decoder *decoder, struct tacit_output *output)
{
    if (!decoder->out_ready)
        return true;
    struct block_job *job = block_queue_head(decoder->queue);
    size_t n = job->content.size - decoder->out_pos;
    if (n > output->size - output->pos)
        n = output->size - output->pos;
    if (n > 0)
        memcpy((uint8_t *)output->data + output->pos, job->content.data + decoder->out_pos, n);
    output->pos += n;
    decoder->out_pos += n;
    if (decoder->out_pos < job->content.size)
        return false;
    decoder->out_ready = false;
    decoder->n_memory -= job->memory;
    block_queue_pop(decoder->queue);
    return true;
}

/* Lines up the head job's content if it is done, or waits for it. */
static enum tacit_status next_block(struct tacit_decoder *decoder, bool must_wait, bool *moved)
{
    struct block_job *job = block_queue_head(decoder->queue);
    if (!job || (!block_queue_head_done(decoder->queue) && !must_wait))
        return TACIT_OK;
    enum tacit_status status = block_queue_wait_head(decoder->queue);
    if (status != TACIT_OK) {
        decoder->error_offset = job->archive_offset;
        return status;
    }
    if (!job->header.single)
        hash_stream_update(decoder->hash, job->content.data, job->content.size);
    decoder->out_ready = true;
    decoder->out_pos = 0;
    *moved = true;
    atomic_store_explicit(&job->watch.n_done, 0, memory_order_relaxed);
    block_queue_count(decoder->queue, job->header.payload_size, job->content.size);
    return TACIT_OK;
}

/* Between archives, at least one complete. */
static bool at_end(const struct tacit_decoder *decoder)
{
    return decoder->any_archive && decoder->part == PART_HEADER && decoder->small.size == 0;
}

static enum tacit_status run(struct tacit_decoder *decoder, struct tacit_input *input,
                             struct tacit_output *output, bool finish, bool *done)
{
    bool must_wait = false;
    for (;;) {
        bool moved = false;
        if (!give_output(decoder, output))
            return TACIT_OK; /* the output is full */
        TRY(next_block(decoder, must_wait, &moved));
        if (moved)
            continue;
        bool idle = !block_queue_head(decoder->queue);
        if (decoder->pending != TACIT_OK && idle)
            return decoder->pending;
        if (decoder->pending == TACIT_OK) {
            decoder->pending = take_input(decoder, input, &moved);
            if (decoder->pending == TACIT_OK && !moved && finish && input->pos == input->size &&
                !at_end(decoder) && idle)
                decoder->pending = TACIT_ERR_TRUNCATED;
            if (decoder->pending != TACIT_OK) {
                decoder->error_offset = decoder->part_offset;
                moved = true;
            }
        }
        if (!moved && input->pos == input->size) {
            *done = finish && idle;
            if (!finish || idle)
                return TACIT_OK;
        }
        must_wait = !moved;
    }
}

enum tacit_status tacit_decoder_run(struct tacit_decoder *decoder, struct tacit_input *input,
                                    struct tacit_output *output, bool finish, bool *done)
{
    if (!decoder || !input || !output || !done || input->pos > input->size ||
        output->pos > output->size)
        return TACIT_ERR_ARGUMENT;
    *done = false;
    if (decoder->failed != TACIT_OK)
        return TACIT_ERR_STATE;
    decoder->failed = run(decoder, input, output, finish, done);
    return decoder->failed;
}
