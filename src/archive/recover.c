/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery reads the source twice: once to find the remaining parts of archives (recover_parts.h),
 * then, in content order, for their content. Each block is verified by itself. Whether all blocks
 * of an archive are of one version of the content, its index shows by their sizes and by the hash
 * of all content.
 */
#include <stdlib.h>

#include "archive/model_identity.h"
#include "archive/recover_parts.h"
#include "archive/reference_identity.h"
#include "archive/source.h"
#include "base/hash.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "methods/block.h"
#include "methods/plan.h"

struct recovery {
    struct codec_plan plan;
    const struct tacit_source *source;
    tacit_recover_fn sink;
    void *sink_context;
    struct block_job job;
    struct thread_pool *pool;        /* for source_lend_threads */
    const struct tacit_model *model; /* for blocks whose archive's header is gone */
    enum tacit_status needed_status; /* of a header whose model or reference was not given, or of
                                        a header or a block that needs a newer version */
    struct recover_parts parts;
    struct recover_plan archives;
    struct hash_stream *hash; /* of the current archive's content, as long as nothing is lost */
    uint64_t base;            /* content before the current archive, if base_known */
    uint64_t next;            /* content of the current archive that was handed over or reported */
    uint64_t check; /* the last block that was handed over: hash of its content, and its place */
    uint64_t check_offset;
    uint64_t n_delivered;    /* content reported as lost */
    uint64_t doubt, n_doubt; /* content that is still to be reported as doubtful */
    bool base_known;
    bool lost;                          /* some content was lost, or some bytes that are no part of
                                           an archive */
    bool archive_lost, archive_doubted; /* something of the current archive was lost */
    bool doubted;
    bool found; /* at least one block was whole */
};

static enum tacit_status deliver(struct recovery *r, enum tacit_recovered what, uint64_t offset,
                                 const void *data, uint64_t n)
{
    uint64_t position = r->base_known ? r->base + offset : UINT64_MAX;
    if (what != TACIT_RECOVERED_DOUBTFUL) {
        if (n > r->plan.content_limit - r->n_delivered)
            return TACIT_ERR_CONTENT_LIMIT;
        r->n_delivered += n;
    }
    return r->sink(r->sink_context, what, position, data, n) ? TACIT_ERR_CANCELLED : TACIT_OK;
}

static enum tacit_status deliver_lost(struct recovery *r, uint64_t n)
{
    r->lost = r->archive_lost = true;
    return deliver(r, TACIT_RECOVERED_LOST, r->next, NULL, n);
}

/* An unknown number of bytes is lost, so the content behind has no known position. */
static enum tacit_status lose_track(struct recovery *r)
{
    TRY(deliver_lost(r, 0));
    r->base_known = false;
    return TACIT_OK;
}

static enum tacit_status end_doubt(struct recovery *r)
{
    uint64_t n = r->n_doubt;
    r->n_doubt = 0;
    return n > 0 ? deliver(r, TACIT_RECOVERED_DOUBTFUL, r->doubt, NULL, n) : TACIT_OK;
}

/* Reports adjacent ranges in one call of the sink. */
static enum tacit_status add_doubt(struct recovery *r, uint64_t offset, uint64_t n)
{
    if (r->n_doubt > 0 && r->doubt + r->n_doubt == offset) {
        r->n_doubt += n;
        return TACIT_OK;
    }
    TRY(end_doubt(r));
    r->doubted = r->archive_doubted = true;
    r->doubt = offset;
    r->n_doubt = n;
    return TACIT_OK;
}

/* Whether damage explains the status, so that the search goes on. */
static bool is_damage(enum tacit_status status)
{
    return status != TACIT_OK && status != TACIT_ERR_MEMORY && status != TACIT_ERR_MEMORY_LIMIT &&
           status != TACIT_ERR_CONTENT_LIMIT && status != TACIT_ERR_CANCELLED;
}

/* The name of a missing model or reference may be the damaged name of a given one; checksums
 * tell. */
static void choose_needed(struct recovery *r, const struct format_header *header)
{
    enum tacit_status model_status =
        model_identity_choose(&header->model, r->plan.model, &r->job.model);
    enum tacit_status reference_status =
        reference_identity_choose(&header->reference, r->plan.reference, &r->job.reference);
    if (model_status != TACIT_OK)
        r->job.model = r->model;
    if (reference_status != TACIT_OK)
        r->job.reference = r->plan.reference;
    r->needed_status = reference_status != TACIT_OK ? reference_status
                       : model_status != TACIT_OK   ? model_status
                                                    : r->needed_status;
}

static enum tacit_status start_archive(struct recovery *r, const struct recover_archive *archive)
{
    struct format_header header;
    size_t n_header;
    if (archive->after_gap)
        TRY(lose_track(r));
    r->next = 0;
    r->check_offset = UINT64_MAX;
    r->archive_lost = r->archive_doubted = false;
    r->job.model = r->model;
    r->job.reference = r->plan.reference;
    hash_stream_reset(r->hash);
    if (archive->header != RECOVER_NONE &&
        source_read_header(r->source, r->parts.items[archive->header].offset, &header, &n_header) ==
            TACIT_OK)
        choose_needed(r, &header);
    return TACIT_OK;
}

static enum tacit_status decode(struct recovery *r, const struct recover_part *part)
{
    r->job.header = part->block;
    source_lend_threads(&r->pool, &r->job);
    enum tacit_status status =
        source_decode_block(r->source, part->end - part->block.payload_size, &r->job);
    if (status == TACIT_ERR_VERSION && r->needed_status == TACIT_OK)
        r->needed_status = status;
    return status;
}

/* Hands over the job's content, which belongs at that place. */
static enum tacit_status hand_over(struct recovery *r, uint64_t offset)
{
    const struct byte_buffer *content = &r->job.content;
    if (offset > r->next)
        TRY(deliver_lost(r, offset - r->next));
    r->found = true;
    r->next = offset + content->size;
    hash_stream_update(r->hash, content->data, content->size);
    return deliver(r, TACIT_RECOVERED_CONTENT, offset, content->data, content->size);
}

/* Blocks of two versions of the content may state one place; the index says which belongs there. */
static enum tacit_status recover_block(struct recovery *r, const struct recover_part *part,
                                       const struct recover_part *index)
{
    const uint64_t offset = part->block.content_offset, n = part->block.content_size;
    if (index && (offset > index->index.content_size || n > index->index.content_size - offset))
        return TACIT_OK;
    if (offset < r->next) { /* a copy of the block before, or another version of it */
        bool differs = offset == r->check_offset && part->block.content_check != r->check;
        return differs && !index ? add_doubt(r, offset, r->next - offset) : TACIT_OK;
    }
    enum tacit_status status = decode(r, part);
    if (is_damage(status))
        return TACIT_OK;
    TRY(status);
    TRY(hand_over(r, offset));
    r->check_offset = offset;
    r->check = part->block.content_check;
    return index && !part->agrees ? add_doubt(r, offset, n) : TACIT_OK;
}

static enum tacit_status recover_blocks(struct recovery *r, const struct recover_archive *archive)
{
    const struct recover_part *items = r->parts.items;
    const struct recover_part *index =
        archive->index == RECOVER_NONE ? NULL : &items[archive->index];
    for (size_t i = 0; i < archive->n; i++)
        TRY(recover_block(r, &items[r->archives.blocks[archive->first + i]], index));
    if (!index)
        return TACIT_OK;
    if (index->index.content_size > r->next)
        TRY(deliver_lost(r, index->index.content_size - r->next));
    r->next = index->index.content_size;
    const bool same = hash128_equal(hash_stream_value(r->hash), index->index.content_hash);
    return r->archive_lost || r->archive_doubted || same ? TACIT_OK : add_doubt(r, 0, r->next);
}

static enum tacit_status recover_single(struct recovery *r, const struct recover_part *part)
{
    const enum tacit_status status = decode(r, part);
    if (is_damage(status))
        return lose_track(r);
    TRY(status);
    r->found = true;
    return r->job.content.size > 0 ? hand_over(r, 0) : TACIT_OK;
}

static enum tacit_status recover_archive(struct recovery *r, const struct recover_archive *archive)
{
    const struct recover_part *header =
        archive->header == RECOVER_NONE ? NULL : &r->parts.items[archive->header];
    TRY(start_archive(r, archive));
    if (header && header->kind == RECOVER_SINGLE)
        TRY(recover_single(r, header));
    else
        TRY(recover_blocks(r, archive));
    TRY(end_doubt(r));
    r->base += r->next;
    return TACIT_OK;
}

/* Tapes and block devices are filled up with zeros; other bytes may have been content. */
static bool ends_in_zeros(const struct recovery *r)
{
    bool is_zero;
    return source_is_zero(r->source, r->archives.end, &is_zero) == TACIT_OK && is_zero;
}

static enum tacit_status recover(struct recovery *r)
{
    const struct recover_plan *archives = &r->archives;
    for (size_t i = 0; i < archives->n_archives; i++)
        TRY(recover_archive(r, &archives->archives[i]));
    const bool is_cut =
        archives->n_archives > 0 && !archives->archives[archives->n_archives - 1].is_whole;
    if (is_cut || !ends_in_zeros(r)) {
        r->next = 0;
        TRY(lose_track(r));
    }
    if (!r->found && !r->parts.saw_header)
        return TACIT_ERR_NOT_ARCHIVE;
    if (r->lost || !r->found)
        return r->needed_status != TACIT_OK ? r->needed_status : TACIT_ERR_CORRUPT;
    return r->doubted ? TACIT_ERR_CHECKSUM : TACIT_OK;
}

/* Chooses a model and a reference for archives without their header. */
static enum tacit_status choose_fallback(struct recovery *r)
{
    r->model = r->plan.model;
    enum tacit_status status = r->model ? TACIT_OK : tacit_model_default(&r->model);
    return status == TACIT_ERR_MODEL_MISSING ? TACIT_OK : status;
}

static enum tacit_status prepare(struct recovery *r)
{
    TRY(hash_stream_create(&r->hash));
    TRY(choose_fallback(r));
    TRY(recover_scan(&r->parts, r->source, &r->job));
    if (r->parts.saw_newer)
        r->needed_status = TACIT_ERR_VERSION;
    return recover_plan_make(&r->archives, &r->parts, r->source->size);
}

enum tacit_status tacit_archive_recover(const struct tacit_source *source,
                                        const struct tacit_options *options, tacit_recover_fn sink,
                                        void *sink_context)
{
    if (!source || !source->read_at || !sink)
        return TACIT_ERR_ARGUMENT;
    struct codec_plan plan;
    TRY(codec_plan_make(&plan, options));
    struct recovery r = {.plan = plan,
                         .source = source,
                         .sink = sink,
                         .sink_context = sink_context,
                         .base_known = true,
                         .job.plan = &r.plan,
                         .job.reference = plan.reference};
    enum tacit_status status = prepare(&r);
    if (status == TACIT_OK)
        status = recover(&r);
    hash_stream_destroy(r.hash);
    recover_plan_free(&r.archives);
    recover_parts_free(&r.parts);
    block_job_free(&r.job);
    thread_pool_destroy(r.pool);
    return status;
}
