/* SPDX-License-Identifier: Apache-2.0
 *
 * Random access to an archive (tacit/archive.h): its index, and the content of the block that was
 * read last, which the caller's thread decodes.
 */
#include "tacit/archive.h"

#include <stdlib.h>
#include <string.h>

#include "archive/archive_index.h"
#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "archive/source.h"
#include "base/find_start.h"
#include "base/hash.h"
#include "base/struct_size.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "methods/block_methods.h"
#include "methods/plan.h"
#include "tacit/buffer.h"

struct tacit_archive {
    struct codec_plan plan;
    struct tacit_source source;
    struct archive_index index;
    struct block_job job;
    struct thread_pool *pool; /* for source_lend_threads */
    size_t decoded;           /* index of the block whose content is in job, SIZE_MAX if none */
    struct hash_stream *hash; /* hash of one archive's blocks from its first block on, */
    size_t n_hashed;          /* up to this block */
    uint64_t n_in, n_out;
};

const char *tacit_method_name(enum tacit_method method)
{
    const struct block_method *row = block_method_of((unsigned)method);
    return row ? row->name : "unknown";
}

static bool report(void *context)
{
    struct tacit_archive *archive = context;
    const struct codec_plan *plan = &archive->plan;
    uint64_t n_done = atomic_load_explicit(&archive->job.watch.n_done, memory_order_relaxed);
    return plan->progress &&
           plan->progress(plan->progress_context, archive->n_in, archive->n_out + n_done) != 0;
}

enum tacit_status tacit_archive_open(struct tacit_archive **archive_out,
                                     const struct tacit_source *source,
                                     const struct tacit_options *options)
{
    *archive_out = NULL;
    if (!source || !source->read_at)
        return TACIT_ERR_ARGUMENT;
    struct codec_plan plan;
    TRY(codec_plan_make(&plan, options));
    struct tacit_archive *archive = calloc(1, sizeof *archive);
    if (!archive)
        return TACIT_ERR_MEMORY;
    archive->plan = plan;
    archive->source = *source;
    archive->decoded = SIZE_MAX;
    archive->job.plan = &archive->plan;
    archive->job.watch.tick = report;
    archive->job.watch.tick_context = archive;
    enum tacit_status status = hash_stream_create(&archive->hash);
    if (status == TACIT_OK)
        status = archive_index_load(&archive->index, &archive->source, &plan);
    if (status != TACIT_OK) {
        tacit_archive_close(archive);
        return status;
    }
    *archive_out = archive;
    return TACIT_OK;
}

void tacit_archive_close(struct tacit_archive *archive)
{
    if (!archive)
        return;
    block_job_free(&archive->job);
    thread_pool_destroy(archive->pool);
    hash_stream_destroy(archive->hash);
    archive_index_free(&archive->index);
    free(archive);
}

enum tacit_status tacit_archive_get_info(const struct tacit_archive *archive,
                                         struct tacit_archive_info *info)
{
    struct tacit_archive_info full = {
        .format_version = archive->index.format_version,
        .n_archives = archive->index.n_archives,
        .n_blocks = archive->index.n_blocks,
        .content_size = archive->index.content_size,
        .archive_size = archive->index.archive_size,
        .reference_size = archive->index.reference.n_bytes,
        .n_reference_hash = archive->index.reference.n_hash,
    };
    memcpy(full.reference_hash, archive->index.reference.hash, sizeof full.reference_hash);
    return struct_give(info, &full, sizeof full);
}

enum tacit_status tacit_archive_get_block(const struct tacit_archive *archive, uint64_t index,
                                          struct tacit_block_info *info)
{
    if (index >= archive->index.n_blocks)
        return TACIT_ERR_RANGE;
    const struct archive_block *block = &archive->index.blocks[index];
    struct tacit_block_info full = {
        .content_offset = block->content_offset,
        .content_size = block->content_size,
        .archive_offset = block->archive_offset,
        .archive_size = (uint64_t)block->header_size + block->payload_size,
        .method = (enum tacit_method)block->method,
    };
    return struct_give(info, &full, sizeof full);
}

enum tacit_status tacit_archive_needs(const void *data, size_t n_bytes,
                                      struct tacit_archive_model *model)
{
    struct format_header header;
    size_t n_header;
    TRY(format_header_parse(data, n_bytes, &header, &n_header));
    return model_identity_tell(&header.model, model);
}

enum tacit_status tacit_archive_needs_reference(const void *data, size_t n_bytes,
                                                struct tacit_reference_identity *reference)
{
    struct format_header header;
    size_t n_header;
    TRY(format_header_parse(data, n_bytes, &header, &n_header));
    return reference_identity_tell(&header.reference, reference);
}

/* Reads the block's own header, which must agree with the index. */
static enum tacit_status read_block_header(const struct tacit_archive *archive,
                                           const struct archive_block *block,
                                           struct format_block *header)
{
    if (block->archive_offset == block->base_offset) { /* single form */
        struct format_header single;
        size_t n_header;
        TRY(source_read_header(&archive->source, block->archive_offset, &single, &n_header));
        *header = single.block;
        return single.single && n_header == block->header_size ? TACIT_OK : TACIT_ERR_CORRUPT;
    }
    uint8_t data[FORMAT_BLOCK_HEADER];
    TRY(source_read(&archive->source, block->archive_offset, data, sizeof data));
    TRY(format_block_parse(data, UINT64_MAX, header));
    return header->tag == block->tag &&
                   header->content_offset == block->content_offset - block->base
               ? TACIT_OK
               : TACIT_ERR_CORRUPT;
}

/* Each block is right by itself. Whether all are of one version of the content, the index's hash
 * shows a caller who reads them all in order. */
static enum tacit_status hash_block(struct tacit_archive *archive, size_t index)
{
    const struct archive_block *block = &archive->index.blocks[index];
    if (block->content_offset == block->base) {
        hash_stream_reset(archive->hash);
        archive->n_hashed = index;
    }
    if (archive->n_hashed != index)
        return TACIT_OK;
    hash_stream_update(archive->hash, archive->job.content.data, archive->job.content.size);
    archive->n_hashed++;
    if (!block->ends_archive)
        return TACIT_OK;
    return hash128_equal(hash_stream_value(archive->hash), block->content_hash)
               ? TACIT_OK
               : TACIT_ERR_CHECKSUM;
}

static enum tacit_status decode_block(struct tacit_archive *archive, size_t index)
{
    const struct archive_block *block = &archive->index.blocks[index];
    struct block_job *job = &archive->job;
    archive->decoded = SIZE_MAX;
    job->model = block->model;
    job->reference = block->reference;
    TRY(block->reference_status);
    if (block->other_model && block->method == TACIT_METHOD_MODEL)
        return TACIT_ERR_MODEL_WRONG;
    TRY(read_block_header(archive, block, &job->header));
    if (job->header.method != block->method || job->header.content_size != block->content_size ||
        job->header.payload_size != block->payload_size)
        return TACIT_ERR_CORRUPT;
    source_lend_threads(&archive->pool, job);
    TRY(source_decode_block(&archive->source, block->archive_offset + block->header_size, job));
    TRY(hash_block(archive, index));
    archive->n_in += block->header_size + (uint64_t)block->payload_size;
    archive->n_out += block->content_size;
    atomic_store_explicit(&job->watch.n_done, 0, memory_order_relaxed);
    archive->decoded = index;
    return TACIT_OK;
}

enum tacit_status tacit_archive_read(struct tacit_archive *archive, uint64_t offset, void *data,
                                     size_t n_bytes)
{
    uint64_t content_size = archive->index.content_size;
    if (offset > content_size || n_bytes > content_size - offset)
        return TACIT_ERR_RANGE;
    uint8_t *to = data;
    while (n_bytes > 0) {
        size_t i =
            find_start(archive->index.blocks, archive->index.n_blocks, sizeof(struct archive_block),
                       offsetof(struct archive_block, content_offset), offset);
        const struct archive_block *block = &archive->index.blocks[i];
        if (archive->decoded != i)
            TRY(decode_block(archive, i));
        uint64_t skip = offset - block->content_offset;
        size_t n = (size_t)(block->content_size - skip);
        if (n > n_bytes)
            n = n_bytes;
        memcpy(to, archive->job.content.data + skip, n);
        to += n;
        offset += n;
        n_bytes -= n;
    }
    return TACIT_OK;
}

struct memory_source {
    const uint8_t *data;
};

static enum tacit_status read_memory(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    const struct memory_source *memory = context;
    memcpy(data, memory->data + offset, n_bytes);
    return TACIT_OK;
}

static_assert(TACIT_ARCHIVE_HEADER_MAX >= FORMAT_HEADER_MAX, "a whole header fits");

enum tacit_status tacit_buffer_content_size(const void *in, size_t n_in, uint64_t *content_size)
{
    struct memory_source memory = {in};
    struct tacit_source source = {.context = &memory, .size = n_in, .read_at = read_memory};
    struct archive_index index = {0};
    *content_size = 0;
    struct codec_plan plan = {.memory_limit = UINT64_MAX, .content_limit = UINT64_MAX};
    enum tacit_status status = archive_index_load(&index, &source, &plan);
    if (status == TACIT_OK)
        *content_size = index.content_size;
    archive_index_free(&index);
    return status;
}
