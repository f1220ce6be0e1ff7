/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks encoded one by one, and joined (tacit/parts.h). A coded block is a block of
 * docs/format.md's block form whose tag and content offset, which depend on the archive, are 0. The
 * joiner sets them, or makes the header of single form if the block is the only one.
 */
#include "tacit/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "archive/single_header.h"
#include "base/byte_buffer.h"
#include "base/hash.h"
#include "base/try.h"
#include "container/format.h"
#include "methods/block.h"
#include "methods/plan_memory.h"
#include "tacit/archive.h"

static_assert((int)TACIT_CODED_BLOCK_HEADER == (int)FORMAT_BLOCK_HEADER,
              "the header of block form");
static_assert((int)TACIT_JOINER_HEADER_MAX >= (int)FORMAT_HEADER_MAX + (int)FORMAT_BLOCK_HEADER,
              "both headers fit");

struct tacit_joiner {
    struct codec_plan plan;
    struct hash_stream *hash;
    struct byte_buffer entries; /* of the index, [n_blocks] */
    uint64_t n_hashed, n_content, n_archive, n_blocks;
    uint32_t tag;
    bool single, ended;
};

size_t tacit_block_bound(size_t n_content)
{
    return n_content > SIZE_MAX - FORMAT_BLOCK_HEADER ? SIZE_MAX : n_content + FORMAT_BLOCK_HEADER;
}

enum tacit_status tacit_options_block_size(const struct tacit_options *options, uint64_t *n_bytes)
{
    struct codec_plan plan;
    *n_bytes = 0;
    TRY(codec_plan_make_encoder(&plan, options));
    *n_bytes = plan.block_size;
    return TACIT_OK;
}

static bool report(void *context)
{
    struct block_job *job = context;
    uint64_t n_done = atomic_load_explicit(&job->watch.n_done, memory_order_relaxed);
    return job->plan->progress && job->plan->progress(job->plan->progress_context, n_done, 0) != 0;
}

/* job->content holds the block. */
static enum tacit_status encode(struct block_job *job, uint8_t *out, size_t out_cap, size_t *n_out)
{
    TRY(block_encode(job));
    if (out_cap < FORMAT_BLOCK_HEADER || out_cap - FORMAT_BLOCK_HEADER < job->payload.size)
        return TACIT_ERR_ARGUMENT;
    job->header.tag = 0;
    job->header.content_offset = 0;
    format_block_pack(out, &job->header);
    if (job->payload.size > 0)
        memcpy(out + FORMAT_BLOCK_HEADER, job->payload.data, job->payload.size);
    *n_out = FORMAT_BLOCK_HEADER + job->payload.size;
    return TACIT_OK;
}

enum tacit_status tacit_block_encode(const void *content, size_t n_content, void *out,
                                     size_t out_cap, size_t *n_out,
                                     const struct tacit_options *options)
{
    struct codec_plan plan;
    *n_out = 0;
    TRY(codec_plan_make_encoder(&plan, options));
    TRY(codec_plan_fit_encoder(&plan));
    if (n_content == 0 || n_content > plan.block_size)
        return TACIT_ERR_ARGUMENT;
    if (n_content > plan.block_bound && plan.memory_limit < UINT64_MAX)
        return TACIT_ERR_MEMORY_LIMIT; /* the plan was fitted for shorter content */
    struct block_job job = {.plan = &plan, .model = plan.model, .reference = plan.reference};
    job.watch.tick = report;
    job.watch.tick_context = &job;
    enum tacit_status status = byte_buffer_append(&job.content, content, n_content);
    if (status == TACIT_OK)
        status = encode(&job, out, out_cap, n_out);
    block_job_free(&job);
    return status;
}

enum tacit_status tacit_joiner_create(struct tacit_joiner **joiner_out,
                                      const struct tacit_options *options)
{
    struct codec_plan plan;
    *joiner_out = NULL;
    TRY(codec_plan_make_encoder(&plan, options));
    struct tacit_joiner *joiner = calloc(1, sizeof *joiner);
    if (!joiner)
        return TACIT_ERR_MEMORY;
    joiner->plan = plan;
    enum tacit_status status = hash_stream_create(&joiner->hash);
    if (status != TACIT_OK) {
        tacit_joiner_destroy(joiner);
        return status;
    }
    *joiner_out = joiner;
    return TACIT_OK;
}

void tacit_joiner_destroy(struct tacit_joiner *joiner)
{
    if (!joiner)
        return;
    hash_stream_destroy(joiner->hash);
    byte_buffer_free(&joiner->entries);
    free(joiner);
}

void tacit_joiner_hash(struct tacit_joiner *joiner, const void *content, size_t n_content)
{
    if (n_content > 0)
        hash_stream_update(joiner->hash, content, n_content);
    joiner->n_hashed += n_content;
}

/* Checks all of a coded block and reads its header. */
static enum tacit_status parse(const struct tacit_joiner *joiner, const uint8_t *data, size_t n,
                               struct format_block *block)
{
    if (n < FORMAT_BLOCK_HEADER)
        return TACIT_ERR_CORRUPT;
    TRY(format_block_parse(data, UINT64_MAX, block));
    if (block->payload_size != n - FORMAT_BLOCK_HEADER || block->tag || block->content_offset)
        return TACIT_ERR_CORRUPT;
    if (block->content_size > joiner->plan.block_size)
        return TACIT_ERR_ARGUMENT;
    return format_payload_verify(block, data + FORMAT_BLOCK_HEADER);
}

/* Writes the block's header, behind the archive's own if it is the first block. */
static size_t pack(struct tacit_joiner *joiner, struct format_block *block, uint8_t *out)
{
    size_t n = 0;
    if (joiner->n_blocks == 0) {
        joiner->tag = (uint32_t)block->content_check;
        struct format_header header = {.model = model_identity_of(joiner->plan.model, true),
                                       .reference = reference_identity_of(joiner->plan.reference),
                                       .block_size = (uint32_t)joiner->plan.block_size,
                                       .tag = joiner->tag};
        n = format_header_pack(out, &header);
    }
    block->tag = joiner->tag;
    block->content_offset = joiner->n_content;
    format_block_pack(out + n, block);
    return n + FORMAT_BLOCK_HEADER;
}

enum tacit_status tacit_joiner_add(struct tacit_joiner *joiner, const void *block, size_t n_block,
                                   bool is_last, void *header, size_t *n_header)
{
    struct format_block parsed;
    *n_header = 0;
    if (joiner->ended)
        return TACIT_ERR_STATE;
    TRY(parse(joiner, block, n_block, &parsed));
    if (!is_last && parsed.content_size != joiner->plan.block_size)
        return TACIT_ERR_ARGUMENT;
    if (joiner->n_content > FORMAT_CONTENT_MAX - parsed.content_size)
        return TACIT_ERR_ARGUMENT;
    TRY(format_entry_append(&joiner->entries, &parsed));
    joiner->single = is_last && joiner->n_blocks == 0;
    joiner->ended = is_last;
    *n_header = joiner->single ? single_header_pack(header, &joiner->plan, &parsed,
                                                    (const uint8_t *)block + FORMAT_BLOCK_HEADER)
                               : pack(joiner, &parsed, header);
    joiner->n_blocks++;
    joiner->n_content += parsed.content_size;
    joiner->n_archive += *n_header + parsed.payload_size;
    return TACIT_OK;
}

size_t tacit_joiner_tail_size(const struct tacit_joiner *joiner)
{
    return joiner->single ? 0 : (size_t)format_index_size(joiner->n_blocks);
}

enum tacit_status tacit_joiner_finish(struct tacit_joiner *joiner, void *tail)
{
    if (!joiner->ended || joiner->n_hashed != joiner->n_content)
        return TACIT_ERR_STATE;
    if (joiner->single)
        return TACIT_OK;
    struct format_index index = {
        .n_blocks = joiner->n_blocks,
        .content_size = joiner->n_content,
        .archive_size = joiner->n_archive + format_index_size(joiner->n_blocks),
        .content_hash = hash_stream_value(joiner->hash),
    };
    struct byte_buffer packed = {0};
    enum tacit_status status = format_index_pack(&packed, &index, joiner->entries.data);
    if (status == TACIT_OK)
        memcpy(tail, packed.data, packed.size);
    byte_buffer_free(&packed);
    return status;
}
