/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery reads the source once from front to back and looks at every place that could start an
 * archive, a block or an index. What its checks confirm is believed; between such places it goes on
 * byte by byte.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/model_identity.h"
#include "archive/source.h"
#include "base/try.h"
#include "methods/block.h"
#include "methods/plan.h"
#include "tacit/archive.h"

enum { CHUNK = 1 << 16, SECTOR = 512 };

struct recovery {
    struct codec_plan plan;
    const struct tacit_source *source;
    tacit_recover_fn sink;
    void *sink_context;
    struct block_job job;
    const struct tacit_model *model; /* for blocks whose archive's header is gone */
    enum tacit_status model_status;  /* of a header whose model is not there */
    uint64_t base;                   /* content before the current archive, if base_known */
    uint64_t next;                   /* content of the current archive that is dealt with */
    bool base_known;
    bool in_archive; /* block form, its index not yet seen */
    bool tag_known;
    bool lost;  /* some content, or some bytes nobody can explain */
    bool found; /* at least one block was whole */
    bool seen;  /* at least one header was, even if what follows is not */
    uint32_t tag;
    uint64_t n_delivered; /* and told as lost */
    uint64_t n_skipped;   /* bytes since the last part that explained itself */
    uint64_t chunk_offset;
    size_t n_chunk;
    uint8_t chunk[CHUNK];
};

static enum tacit_status deliver(struct recovery *r, uint64_t offset, const void *data, uint64_t n)
{
    uint64_t position = r->base_known ? r->base + offset : UINT64_MAX;
    if (n > r->plan.content_limit - r->n_delivered)
        return TACIT_ERR_CONTENT_LIMIT;
    r->n_delivered += n;
    return r->sink(r->sink_context, position, data, n) ? TACIT_ERR_CANCELLED : TACIT_OK;
}

static enum tacit_status deliver_lost(struct recovery *r, uint64_t n)
{
    r->lost = true;
    return deliver(r, r->next, NULL, n);
}

/* Bytes whose number nobody knows are gone: what follows has no known position. */
static enum tacit_status lose_track(struct recovery *r)
{
    TRY(deliver_lost(r, 0));
    r->base_known = false;
    return TACIT_OK;
}

/* Whether damage explains it, so that the search goes on. */
static bool is_damage(enum tacit_status status)
{
    return status != TACIT_OK && status != TACIT_ERR_MEMORY && status != TACIT_ERR_MEMORY_LIMIT &&
           status != TACIT_ERR_CONTENT_LIMIT && status != TACIT_ERR_CANCELLED;
}

/* The first place from offset on that could start something; the source's size if there is none. */
static uint64_t find_candidate(struct recovery *r, uint64_t offset)
{
    const struct tacit_source *source = r->source;
    while (offset < source->size && source->size - offset >= FORMAT_PREFIX_SIZE) {
        if (offset < r->chunk_offset ||
            offset + FORMAT_PREFIX_SIZE > r->chunk_offset + r->n_chunk) {
            uint64_t left = source->size - offset;
            r->chunk_offset = offset;
            r->n_chunk = left < CHUNK ? (size_t)left : CHUNK;
            enum tacit_status status = source_read(source, offset, r->chunk, r->n_chunk);
            if (status != TACIT_OK && r->n_chunk > SECTOR) {
                r->n_chunk = SECTOR; /* as little as possible goes with a bad sector */
                status = source_read(source, offset, r->chunk, r->n_chunk);
            }
            if (status != TACIT_OK)
                memset(r->chunk, 0, r->n_chunk);
        }
        if (format_may_start(r->chunk + (offset - r->chunk_offset)))
            return offset;
        offset++;
    }
    return source->size;
}

/* The block whose payload starts at offset. */
static enum tacit_status decode_block(struct recovery *r, const struct format_block *block,
                                      uint64_t offset)
{
    r->job.header = *block;
    return source_decode_block(r->source, offset, &r->job);
}

/* An archive begins or the source ends: what the one before did not give is lost, and so may be a
 * whole archive among bytes that explain nothing. */
static enum tacit_status leave_archive(struct recovery *r)
{
    if (r->in_archive || r->n_skipped > 0)
        TRY(lose_track(r));
    r->n_skipped = 0;
    r->base += r->next;
    r->next = 0;
    r->in_archive = false;
    r->tag_known = false;
    r->job.model = r->model;
    return TACIT_OK;
}

/* A model that is not there may be a damaged name for one that is: checksums tell. */
static void choose_model(struct recovery *r, const struct format_model_identity *needed)
{
    enum tacit_status status = model_identity_choose(needed, r->plan.model, &r->job.model);
    if (status == TACIT_OK)
        return;
    r->model_status = status;
    r->job.model = r->model;
}

static enum tacit_status try_archive(struct recovery *r, uint64_t *offset)
{
    struct format_header header;
    size_t n_header;
    TRY(source_read_header(r->source, *offset, &header, &n_header));
    r->seen = true;
    if (!header.single) {
        TRY(leave_archive(r));
        choose_model(r, &header.model);
        r->in_archive = true;
        r->tag_known = true;
        r->tag = header.tag;
        *offset += n_header;
        return TACIT_OK;
    }
    choose_model(r, &header.model);
    TRY(decode_block(r, &header.block, *offset + n_header));
    TRY(leave_archive(r));
    r->found = true;
    *offset += n_header + header.block.payload_size;
    if (header.block.content_size > 0)
        TRY(deliver(r, 0, r->job.content.data, header.block.content_size));
    r->next = header.block.content_size;
    return leave_archive(r);
}

static enum tacit_status try_block(struct recovery *r, uint64_t *offset)
{
    uint8_t data[FORMAT_BLOCK_HEADER];
    struct format_block block;
    TRY(source_read(r->source, *offset, data, sizeof data));
    TRY(format_block_parse(data, UINT64_MAX, &block));
    r->seen = true;
    TRY(decode_block(r, &block, *offset + sizeof data));
    if (r->tag_known && block.tag != r->tag) {
        TRY(leave_archive(r)); /* another archive, whose header is gone */
        r->base_known = false;
    }
    if (block.content_offset < r->next)
        return TACIT_ERR_CORRUPT; /* a copy of what was there */
    if (!r->in_archive && r->n_skipped > FORMAT_HEADER_MAX && block.content_offset == 0)
        TRY(leave_archive(r)); /* more is gone than this archive's header */
    r->in_archive = true;
    r->tag_known = true;
    r->tag = block.tag;
    r->n_skipped = 0;
    if (block.content_offset > r->next)
        TRY(deliver_lost(r, block.content_offset - r->next));
    r->found = true;
    r->next = block.content_offset + block.content_size;
    *offset += sizeof data + (uint64_t)block.payload_size;
    return deliver(r, block.content_offset, r->job.content.data, block.content_size);
}

static enum tacit_status parse_index(const uint8_t *data, size_t n, struct format_index *index)
{
    const uint8_t *entries;
    return format_index_parse(data, n, index, &entries);
}

static enum tacit_status try_index(struct recovery *r, uint64_t *offset)
{
    uint8_t head[FORMAT_INDEX_HEAD];
    TRY(source_read(r->source, *offset, head, sizeof head));
    uint64_t n = format_index_size(format_index_n_blocks(head));
    if (n > r->source->size - *offset)
        return TACIT_ERR_TRUNCATED;
    if (n > r->plan.memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    uint8_t *data = malloc((size_t)n);
    if (!data)
        return TACIT_ERR_MEMORY;
    struct format_index index;
    enum tacit_status status = source_read(r->source, *offset, data, n);
    if (status == TACIT_OK)
        status = parse_index(data, (size_t)n, &index);
    free(data);
    TRY(status);
    if (index.content_size < r->next)
        return TACIT_ERR_CORRUPT;
    if (index.content_size > r->next)
        TRY(deliver_lost(r, index.content_size - r->next));
    r->next = index.content_size;
    r->in_archive = false;
    r->n_skipped = 0;
    *offset += n;
    return leave_archive(r);
}

static enum tacit_status try_candidate(struct recovery *r, uint64_t *offset)
{
    uint8_t mark[FORMAT_MARK_SIZE];
    uint64_t left = r->source->size - *offset;
    if (left < sizeof mark)
        return TACIT_ERR_TRUNCATED;
    TRY(source_read(r->source, *offset, mark, sizeof mark));
    switch (format_part_kind(mark)) {
    case FORMAT_PART_BLOCK:
        return try_block(r, offset);
    case FORMAT_PART_INDEX:
        return try_index(r, offset);
    default:
        return try_archive(r, offset);
    }
}

/* Zero bytes to the end, behind an archive that is whole. */
static bool is_padding(const struct recovery *r, uint64_t offset)
{
    bool is_zero;
    return r->found && !r->in_archive && r->n_skipped == 0 &&
           source_is_zero(r->source, offset, &is_zero) == TACIT_OK && is_zero;
}

static enum tacit_status recover(struct recovery *r)
{
    uint64_t offset = 0;
    while (offset < r->source->size) {
        uint64_t candidate = find_candidate(r, offset);
        if (candidate < r->source->size || !is_padding(r, offset))
            r->n_skipped += candidate - offset;
        offset = candidate;
        if (offset == r->source->size)
            break;
        enum tacit_status status = try_candidate(r, &offset);
        if (is_damage(status)) {
            r->n_skipped++;
            offset++;
        } else {
            TRY(status);
        }
    }
    TRY(leave_archive(r));
    if (!r->found && !r->seen)
        return TACIT_ERR_NOT_ARCHIVE;
    if (!r->lost && r->found)
        return TACIT_OK;
    return r->model_status != TACIT_OK ? r->model_status : TACIT_ERR_CORRUPT;
}

/* For what an archive without its header may need. */
static enum tacit_status choose_fallback(struct recovery *r)
{
    r->model = r->plan.model;
    enum tacit_status status = r->model ? TACIT_OK : tacit_model_default(&r->model);
    r->job.model = r->model;
    return status == TACIT_ERR_MODEL_MISSING ? TACIT_OK : status;
}

enum tacit_status tacit_archive_recover(const struct tacit_source *source,
                                        const struct tacit_options *options, tacit_recover_fn sink,
                                        void *sink_context)
{
    if (!source || !source->read_at || !sink)
        return TACIT_ERR_ARGUMENT;
    struct codec_plan plan;
    TRY(codec_plan_make(&plan, options));
    struct recovery *r = calloc(1, sizeof *r);
    if (!r)
        return TACIT_ERR_MEMORY;
    r->plan = plan;
    r->source = source;
    r->sink = sink;
    r->sink_context = sink_context;
    r->base_known = true;
    r->job.plan = &r->plan;
    enum tacit_status status = choose_fallback(r);
    if (status == TACIT_OK)
        status = recover(r);
    block_job_free(&r->job);
    free(r);
    return status;
}
