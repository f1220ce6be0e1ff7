/* SPDX-License-Identifier: Apache-2.0
 *
 * The streaming encoder. Input is copied to the queue's tail block. A full block is pushed, and
 * coded on another thread or while the encoder waits for it. The head block's header and payload
 * are given out. stream_step.h has the loop. The encoder's states:
 *
 *     TAKING       input may come. Until a byte beyond the first block comes, block_form is false
 *                  and nothing is given out: the archive's form is not known.
 *     ENDED        the caller said that no more input comes, and all content is in pushed blocks.
 *                  Without block_form the archive has the single form.
 *     TAIL_MADE    no block is left; index and footer, if the form has them, are ready to give out.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/block_queue.h"
#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "archive/single_header.h"
#include "archive/stream_step.h"
#include "base/byte_buffer.h"
#include "base/hash.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "container/format.h"
#include "methods/block.h"
#include "methods/plan_memory.h"
#include "tacit/archive.h"
#include "tacit/stream.h"

/* A piece of the archive that is being given out: small parts are made in head; a payload is given
 * out from its job's buffer, and the job is popped when all is given out. */
struct outgoing {
    struct byte_buffer head;
    size_t head_pos;
    const struct byte_buffer *payload; /* NULL: none */
    size_t payload_pos;
};

enum encoder_state { ENCODER_TAKING, ENCODER_ENDED, ENCODER_TAIL_MADE };

struct tacit_encoder {
    struct codec_plan plan;
    struct block_queue *queue;
    struct hash_stream *hash; /* of the whole content */
    struct byte_buffer entries;
    struct outgoing out;
    uint64_t n_content; /* taken in */
    uint64_t n_content_out;
    uint64_t n_archive; /* made */
    uint64_t n_blocks;  /* given out */
    uint32_t tag;
    bool block_form; /* there is more content than one block */
    bool fits_later; /* the plan is fitted to memory_limit when the one short block is known */
    enum encoder_state state;
    enum tacit_status failed;
    uint64_t memory_needed; /* after TACIT_ERR_MEMORY_LIMIT; 0: not known */
};

enum tacit_status tacit_encoder_create(struct tacit_encoder **encoder_out,
                                       const struct tacit_options *options)
{
    *encoder_out = NULL;
    struct codec_plan plan;
    TRY(codec_plan_make_encoder(&plan, options));
    bool fits_later = plan.memory_limit < UINT64_MAX && plan.block_bound < plan.block_size;
    struct codec_plan fitted = plan;
    enum tacit_status fit = codec_plan_fit_encoder(&fitted);
    if (fit != TACIT_OK && !(fits_later && fit == TACIT_ERR_MEMORY_LIMIT))
        return fit;
    struct tacit_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return TACIT_ERR_MEMORY;
    encoder->plan = fits_later ? plan : fitted;
    encoder->fits_later = fits_later;
    enum tacit_status status =
        block_queue_create(&encoder->queue, &encoder->plan, block_encode, false);
    if (status == TACIT_OK)
        status = hash_stream_create(&encoder->hash);
    if (status != TACIT_OK) {
        tacit_encoder_destroy(encoder);
        return status;
    }
    *encoder_out = encoder;
    return TACIT_OK;
}

uint64_t tacit_encoder_memory_needed(const struct tacit_encoder *encoder)
{
    return encoder->memory_needed;
}

void tacit_encoder_destroy(struct tacit_encoder *encoder)
{
    if (!encoder)
        return;
    block_queue_destroy(encoder->queue);
    hash_stream_destroy(encoder->hash);
    byte_buffer_free(&encoder->entries);
    byte_buffer_free(&encoder->out.head);
    free(encoder);
}

static enum stream_step step_of(struct tacit_encoder *encoder, enum tacit_status status)
{
    encoder->failed = status;
    return status == TACIT_OK ? STEP_MOVED : STEP_FAILED;
}

/* Appends n bytes of input to the block that is being filled, which has room for them. */
static enum tacit_status fill_block(struct tacit_encoder *encoder, struct byte_buffer *content,
                                    struct tacit_input *input, size_t n)
{
    size_t block_size = (size_t)encoder->plan.block_size;
    TRY(byte_buffer_reserve(content, content->size + n, block_size));
    const uint8_t *from = (const uint8_t *)input->data + input->pos;
    memcpy(content->data + content->size, from, n);
    hash_stream_update(encoder->hash, from, n);
    content->size += n;
    input->pos += n;
    encoder->n_content += n;
    return content->size == block_size ? block_queue_push(encoder->queue, false) : TACIT_OK;
}

static enum stream_step take_input(struct tacit_encoder *encoder, struct tacit_input *input)
{
    const struct codec_plan *plan = &encoder->plan;
    size_t n = input->size - input->pos;
    if (n > 0 && encoder->n_content >= plan->block_size)
        encoder->block_form = true;
    struct block_job *job = block_queue_tail(encoder->queue);
    if (!job || n == 0)
        return STEP_NOTHING;
    if (n > plan->block_bound - job->content.size && plan->block_bound < plan->block_size &&
        plan->memory_limit < UINT64_MAX)
        return step_of(encoder, TACIT_ERR_MEMORY_LIMIT); /* the plan was fitted for shorter
                                                            content */
    size_t free_bytes = (size_t)plan->block_size - job->content.size;
    return step_of(encoder,
                   fill_block(encoder, &job->content, input, n < free_bytes ? n : free_bytes));
}

/* Fits the plan to the short block: its content often needs much less memory than content of any
 * type could. */
static enum tacit_status fit_short_block(struct tacit_encoder *encoder)
{
    struct block_job *job = block_queue_tail(encoder->queue);
    encoder->fits_later = false;
    encoder->plan.block_bound = job->content.size;
    if (encoder->plan.context)
        TRY(block_content_set(job, &encoder->plan.content_set));
    struct codec_plan whole = encoder->plan; /* the plan before fitting */
    enum tacit_status status = codec_plan_fit_encoder(&encoder->plan);
    if (status == TACIT_ERR_MEMORY_LIMIT)
        (void)codec_plan_least_memory(&whole, &encoder->memory_needed);
    return status;
}

/* Pushes the last block, since no input follows. Empty content is one empty block. */
static enum stream_step end_input(struct tacit_encoder *encoder)
{
    encoder->state = ENCODER_ENDED;
    if (encoder->n_content > 0 && encoder->n_content % encoder->plan.block_size == 0)
        return STEP_MOVED;
    if (encoder->fits_later) {
        enum tacit_status status = fit_short_block(encoder);
        if (status != TACIT_OK)
            return step_of(encoder, status);
    }
    return step_of(encoder, block_queue_push(encoder->queue, !encoder->block_form));
}

static enum tacit_status make_block_header(struct tacit_encoder *encoder, struct block_job *job)
{
    struct byte_buffer *head = &encoder->out.head;
    struct format_block *block = &job->header;
    if (encoder->n_blocks == 0) {
        encoder->tag = (uint32_t)block->content_check;
        struct format_header header = {.model = model_identity_of(encoder->plan.model, true),
                                       .reference = reference_identity_of(encoder->plan.reference),
                                       .block_size = (uint32_t)encoder->plan.block_size,
                                       .tag = encoder->tag};
        head->size = format_header_pack(head->data, &header);
    }
    block->tag = encoder->tag;
    block->content_offset = encoder->n_content_out;
    format_block_pack(head->data + head->size, block);
    head->size += FORMAT_BLOCK_HEADER;
    return format_entry_append(&encoder->entries, block);
}

/* Adds to the sums in the caller's report, whatever its size. */
static enum tacit_status add_report(struct tacit_model_report *report, const struct block_job *job)
{
    struct tacit_model_report sum = {0};
    if (!report || job->header.method != TACIT_METHOD_MODEL)
        return TACIT_OK;
    TRY(struct_take(&sum, sizeof sum, report));
    sum.n_blocks++;
    sum.n_content += job->header.content_size;
    sum.n_tokens += job->report.n_tokens;
    sum.n_bare += job->report.n_bare;
    sum.model_bytes += job->report.model_bytes;
    sum.context_bytes += job->report.context_bytes;
    sum.context_content += job->report.context_content;
    sum.payload_bytes += job->payload.size;
    return struct_give(report, &sum, sizeof sum);
}

/* Makes the header of the head block, which is done, and makes its payload ready to give out. */
static enum tacit_status make_block(struct tacit_encoder *encoder)
{
    struct block_job *job = block_queue_head(encoder->queue);
    TRY(add_report(encoder->plan.report, job));
    struct outgoing *out = &encoder->out;
    out->head.size = 0;
    TRY(byte_buffer_reserve(&out->head, FORMAT_HEADER_MAX + FORMAT_BLOCK_HEADER, SIZE_MAX));
    if (encoder->block_form) {
        TRY(make_block_header(encoder, job));
    } else {
        out->head.size =
            single_header_pack(out->head.data, &encoder->plan, &job->header, job->payload.data);
    }
    out->head_pos = 0;
    out->payload = &job->payload;
    out->payload_pos = 0;
    encoder->n_blocks++;
    encoder->n_content_out += job->header.content_size;
    encoder->n_archive += out->head.size + job->payload.size;
    atomic_store_explicit(&job->watch.n_done, 0, memory_order_relaxed);
    block_queue_count(encoder->queue, job->header.content_size, out->head.size + job->payload.size);
    return TACIT_OK;
}

static enum tacit_status make_tail(struct tacit_encoder *encoder)
{
    encoder->state = ENCODER_TAIL_MADE;
    if (!encoder->block_form)
        return TACIT_OK;
    struct outgoing *out = &encoder->out;
    out->head.size = 0;
    out->head_pos = 0;
    struct format_index index = {
        .n_blocks = encoder->n_blocks,
        .content_size = encoder->n_content,
        .archive_size = encoder->n_archive + format_index_size(encoder->n_blocks),
        .content_hash = hash_stream_value(encoder->hash),
    };
    return format_index_pack(&out->head, &index, encoder->entries.data);
}

static void copy_out(struct tacit_output *output, const struct byte_buffer *from, size_t *pos)
{
    size_t n = from->size - *pos;
    if (n > output->size - output->pos)
        n = output->size - output->pos;
    if (n > 0)
        memcpy((uint8_t *)output->data + output->pos, from->data + *pos, n);
    output->pos += n;
    *pos += n;
}

/* Gives out the present piece; true when all of it is given out. */
static bool give_output(struct tacit_encoder *encoder, struct tacit_output *output)
{
    struct outgoing *out = &encoder->out;
    copy_out(output, &out->head, &out->head_pos);
    if (out->head_pos < out->head.size)
        return false;
    if (!out->payload)
        return true;
    copy_out(output, out->payload, &out->payload_pos);
    if (out->payload_pos < out->payload->size)
        return false;
    out->payload = NULL;
    block_queue_head(encoder->queue)->content.size = 0;
    block_queue_pop(encoder->queue);
    return true;
}

/* Waits for the head block and makes it ready to give out. */
static enum stream_step line_up_head(struct tacit_encoder *encoder)
{
    enum tacit_status status = block_queue_wait_head(encoder->queue);
    return step_of(encoder, status == TACIT_OK ? make_block(encoder) : status);
}

/* Makes the next part of the archive ready to give out, if that needs no waiting. */
static enum stream_step line_up(struct tacit_encoder *encoder)
{
    bool form_known = encoder->block_form || encoder->state != ENCODER_TAKING;
    if (form_known && block_queue_head_done(encoder->queue))
        return line_up_head(encoder);
    if (encoder->state == ENCODER_ENDED && !block_queue_head(encoder->queue))
        return step_of(encoder, make_tail(encoder));
    return STEP_NOTHING;
}

static enum stream_step step(struct tacit_encoder *encoder, struct tacit_input *input,
                             struct tacit_output *output, bool finish)
{
    if (!give_output(encoder, output))
        return STEP_OUTPUT_FULL;
    if (encoder->state == ENCODER_TAIL_MADE)
        return STEP_DONE;
    enum stream_step did = line_up(encoder);
    if (did == STEP_NOTHING)
        did = take_input(encoder, input);
    if (did != STEP_NOTHING)
        return did;
    if (input->pos == input->size && !finish)
        return STEP_INPUT_EMPTY;
    if (input->pos == input->size && encoder->state == ENCODER_TAKING)
        return end_input(encoder);
    return line_up_head(encoder); /* there is a head block, since the input finds no room */
}

enum tacit_status tacit_encoder_run(struct tacit_encoder *encoder, struct tacit_input *input,
                                    struct tacit_output *output, bool finish, bool *done)
{
    if (!encoder || !input || !output || !done || input->pos > input->size ||
        output->pos > output->size)
        return TACIT_ERR_ARGUMENT;
    *done = false;
    if (encoder->failed != TACIT_OK ||
        (encoder->state != ENCODER_TAKING && (input->pos < input->size || !finish)))
        return TACIT_ERR_STATE;
    enum stream_step did;
    do {
        did = step(encoder, input, output, finish);
    } while (did == STEP_MOVED);
    *done = did == STEP_DONE;
    return encoder->failed;
}
