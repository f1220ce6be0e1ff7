/* SPDX-License-Identifier: Apache-2.0
 *
 * The streaming decoder. It gathers a header, mark, block header or index in a small buffer until
 * that part is complete, and a payload in the queue's tail block. A complete block is pushed, and
 * decoded on another thread or while the decoder waits for it. The head block's content is given
 * out. stream_step.h has the loop. `part` is what the next bytes of input belong to:
 *
 *     HEADER -> MARK -> BLOCK -> PAYLOAD -> MARK ... -> INDEX -> HEADER    block form
 *     HEADER -> PAYLOAD -> HEADER                                          single form
 *
 * Input may end where a HEADER may begin and at least one archive is complete; zero bytes up to the end
 * (PADDING) may follow there, as tapes and disks have them. An error found in the input is
 * `pending` until the blocks in front of it are given out; then it becomes `failed`. A block that
 * cannot be decoded fails at once.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/decoder_parts.h"
#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "archive/stream_step.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "methods/block.h"

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
    decoder_start_archive(decoder);
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

uint64_t tacit_decoder_memory_needed(const struct tacit_decoder *decoder)
{
    return decoder->memory_needed;
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

enum tacit_status tacit_decoder_needs_reference(const struct tacit_decoder *decoder,
                                                struct tacit_reference_identity *reference)
{
    return reference_identity_tell(&decoder->header.reference, reference);
}

/* An error in the input waits for the blocks in front of it. */
static enum stream_step took(struct tacit_decoder *decoder, enum tacit_status status)
{
    if (status != TACIT_OK) {
        decoder->pending = status;
        decoder->error_offset = decoder->part_offset;
    }
    return STEP_MOVED;
}

/* Appends n bytes of input to a buffer that never needs more than n_max. */
static enum tacit_status gather(struct tacit_decoder *decoder, struct tacit_input *input,
                                struct byte_buffer *to, size_t n, size_t n_max)
{
    TRY(byte_buffer_reserve(to, to->size + n, n_max));
    memcpy(to->data + to->size, (const uint8_t *)input->data + input->pos, n);
    to->size += n;
    input->pos += n;
    decoder->offset += n;
    return TACIT_OK;
}

static enum tacit_status push_block(struct tacit_decoder *decoder, struct block_job *job)
{
    TRY(block_queue_push(decoder->queue, job->header.single));
    decoder->n_memory += job->memory;
    if (job->header.single) {
        decoder->any_archive = true;
        decoder_start_archive(decoder);
    } else {
        decoder_start_part(decoder, PART_MARK, FORMAT_MARK_SIZE);
    }
    return TACIT_OK;
}

/* Pushes a complete payload. If memory for it is short, blocks in front of it have to end first. */
static enum stream_step end_payload(struct tacit_decoder *decoder, struct block_job *job)
{
    uint64_t n_decode;
    enum tacit_status status = block_decode_memory(job, &n_decode);
    if (status != TACIT_OK)
        return took(decoder, status);
    job->memory = n_decode + job->header.payload_size;
    if (job->memory <= decoder->plan.memory_limit - decoder->n_memory)
        return took(decoder, push_block(decoder, job));
    if (block_queue_head(decoder->queue))
        return STEP_NOTHING;
    decoder->memory_needed = job->memory;
    return took(decoder, TACIT_ERR_MEMORY_LIMIT);
}

static size_t at_most(const struct tacit_input *input, size_t n_wanted)
{
    size_t n = input->size - input->pos;
    return n < n_wanted ? n : n_wanted;
}

static enum stream_step take_payload(struct tacit_decoder *decoder, struct tacit_input *input)
{
    struct block_job *job = block_queue_tail(decoder->queue);
    size_t n_payload = job->header.payload_size, n = at_most(input, n_payload - job->payload.size);
    if (n > 0)
        return took(decoder, gather(decoder, input, &job->payload, n, n_payload));
    return job->payload.size == n_payload ? end_payload(decoder, job) : STEP_NOTHING;
}

/* Whether blocks in front of a part that is complete have to end before it is read. */
static bool must_wait(const struct tacit_decoder *decoder)
{
    if (decoder->part == PART_INDEX)
        return block_queue_head(decoder->queue) != NULL; /* the part has the hash of their
                                                            content */
    bool needs_job = decoder->part == PART_HEADER || decoder->part == PART_BLOCK;
    return needs_job && !block_queue_tail(decoder->queue);
}

static enum stream_step take_padding(struct tacit_decoder *decoder, struct tacit_input *input)
{
    const uint8_t *data = input->data;
    size_t from = input->pos;
    while (input->pos < input->size && data[input->pos] == 0)
        input->pos++;
    block_queue_count(decoder->queue, input->pos - from, 0);
    decoder->offset += input->pos - from;
    if (input->pos < input->size)
        return took(decoder, TACIT_ERR_CORRUPT);
    return input->pos > from ? STEP_MOVED : STEP_NOTHING;
}

static enum stream_step take_input(struct tacit_decoder *decoder, struct tacit_input *input)
{
    if (decoder->part == PART_PAYLOAD)
        return take_payload(decoder, input);
    if (decoder->part == PART_PADDING)
        return take_padding(decoder, input);
    struct byte_buffer *small = &decoder->small;
    size_t n = at_most(input, decoder->n_needed - small->size);
    if (n > 0) {
        block_queue_count(decoder->queue, n, 0);
        return took(decoder, gather(decoder, input, small, n, SIZE_MAX));
    }
    if (small->size < decoder->n_needed || must_wait(decoder))
        return STEP_NOTHING;
    return took(decoder, decoder_read_part(decoder));
}

/* Gives out the head job's content; true when all is given out. */
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

static enum stream_step fail(struct tacit_decoder *decoder, enum tacit_status status,
                             uint64_t offset)
{
    decoder->failed = status;
    decoder->error_offset = offset;
    return STEP_FAILED;
}

/* Adds to the sums in the caller's report, whatever its size. */
static enum tacit_status add_report(struct tacit_model_report *report, const struct block_job *job)
{
    struct tacit_model_report sum = {0};
    if (!report || job->header.method != TACIT_METHOD_MODEL)
        return TACIT_OK;
    TRY(struct_take(&sum, sizeof sum, report));
    sum.n_decoded += job->report.n_decoded;
    sum.n_passes += job->report.n_passes;
    sum.n_read += job->report.n_read;
    return struct_give(report, &sum, sizeof sum);
}

/* Waits for the head job and makes its content ready to give out. */
static enum stream_step line_up_head(struct tacit_decoder *decoder)
{
    struct block_job *job = block_queue_head(decoder->queue);
    enum tacit_status status = block_queue_wait_head(decoder->queue);
    if (status == TACIT_OK)
        status = add_report(decoder->plan.report, job);
    if (status != TACIT_OK)
        return fail(decoder, status, job->archive_offset);
    if (!job->header.single)
        hash_stream_update(decoder->hash, job->content.data, job->content.size);
    decoder->out_ready = true;
    decoder->out_pos = 0;
    atomic_store_explicit(&job->watch.n_done, 0, memory_order_relaxed);
    block_queue_count(decoder->queue, job->header.payload_size, job->content.size);
    return STEP_MOVED;
}

/* The input is between archives, of which at least one is complete. */
static bool at_end(const struct tacit_decoder *decoder)
{
    return decoder->any_archive && (decoder->part == PART_PADDING ||
                                    (decoder->part == PART_HEADER && decoder->small.size == 0));
}

static enum stream_step step(struct tacit_decoder *decoder, struct tacit_input *input,
                             struct tacit_output *output, bool finish)
{
    if (!give_output(decoder, output))
        return STEP_OUTPUT_FULL;
    if (block_queue_head_done(decoder->queue))
        return line_up_head(decoder);
    bool blocks_left = block_queue_head(decoder->queue) != NULL;
    if (decoder->pending != TACIT_OK && !blocks_left)
        return fail(decoder, decoder->pending, decoder->error_offset);
    if (decoder->pending == TACIT_OK && take_input(decoder, input) == STEP_MOVED)
        return STEP_MOVED;
    if (input->pos == input->size && !finish)
        return STEP_INPUT_EMPTY;
    if (blocks_left)
        return line_up_head(decoder);
    return at_end(decoder) ? STEP_DONE : fail(decoder, TACIT_ERR_TRUNCATED, decoder->part_offset);
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
    enum stream_step did;
    do {
        did = step(decoder, input, output, finish);
    } while (did == STEP_MOVED);
    *done = did == STEP_DONE;
    return decoder->failed;
}
