/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/archive_index.h"

#include <stdlib.h>
#include <string.h>

#include "archive/model_identity.h"
#include "archive/reference_identity.h"
#include "archive/source.h"
#include "base/try.h"

/* The archive being read. */
struct cursor {
    struct archive_index *index;
    const struct tacit_source *source;
    const struct codec_plan *plan;
    uint64_t start; /* of this archive */
    uint64_t base;  /* content before this archive */
    struct format_header header;
};

static enum tacit_status add_block(struct cursor *c, const struct archive_block *block)
{
    struct archive_index *index = c->index;
    if (index->n_blocks == index->cap) {
        size_t cap = index->cap ? 2 * index->cap : 16;
        if (cap > SIZE_MAX / sizeof *index->blocks)
            return TACIT_ERR_MEMORY;
        if (cap * sizeof *index->blocks > c->plan->memory_limit)
            return TACIT_ERR_MEMORY_LIMIT;
        struct archive_block *blocks = realloc(index->blocks, cap * sizeof *blocks);
        if (!blocks)
            return TACIT_ERR_MEMORY;
        index->blocks = blocks;
        index->cap = cap;
    }
    if (index->content_size > FORMAT_CONTENT_MAX)
        return TACIT_ERR_CORRUPT;
    struct archive_block *added = &index->blocks[index->n_blocks++];
    *added = *block;
    added->content_offset = index->content_size;
    added->base = c->base;
    added->base_offset = c->start;
    added->tag = c->header.tag;
    added->other_model = model_identity_choose(&c->header.model, c->plan->model, &added->model) ==
                         TACIT_ERR_MODEL_WRONG;
    added->reference_status =
        reference_identity_choose(&c->header.reference, c->plan->reference, &added->reference);
    index->content_size += block->content_size;
    return TACIT_OK;
}

static enum tacit_status read_index(struct cursor *c, uint64_t offset, uint64_t n, uint8_t **data,
                                    struct format_index *parsed, const uint8_t **entries)
{
    if (n > c->plan->memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    if (offset > c->source->size || n > c->source->size - offset || n > SIZE_MAX)
        return TACIT_ERR_TRUNCATED;
    *data = malloc((size_t)n);
    if (!*data)
        return TACIT_ERR_MEMORY;
    TRY(source_read(c->source, offset, *data, n));
    return format_index_parse(*data, (size_t)n, parsed, entries);
}

static void end_archive(struct archive_index *index, const struct format_index *parsed)
{
    struct archive_block *last = &index->blocks[index->n_blocks - 1];
    last->ends_archive = true;
    last->content_hash = parsed->content_hash;
}

static enum tacit_status add_entries(struct cursor *c, const struct format_index *parsed,
                                     const uint8_t *entries, uint64_t offset)
{
    for (uint64_t i = 0; i < parsed->n_blocks; i++) {
        struct format_entry entry;
        TRY(format_entry_parse(entries + i * FORMAT_INDEX_ENTRY, &entry));
        if (entry.content_size > c->header.block_size)
            return TACIT_ERR_CORRUPT;
        TRY(add_block(c, &(struct archive_block){.archive_offset = offset,
                                                 .content_size = entry.content_size,
                                                 .payload_size = entry.payload_size,
                                                 .header_size = FORMAT_BLOCK_HEADER,
                                                 .method = entry.method}));
        offset += FORMAT_BLOCK_HEADER + (uint64_t)entry.payload_size;
    }
    uint64_t end = c->start + parsed->archive_size;
    return offset + format_index_size(parsed->n_blocks) == end ? TACIT_OK : TACIT_ERR_CORRUPT;
}

/* Loads the index by the footer if the archive ends where the source ends; otherwise *found is
 * false. */
static enum tacit_status load_from_footer(struct cursor *c, uint64_t first_block, bool *found)
{
    uint8_t footer[FORMAT_FOOTER];
    uint64_t index_size, archive_size;
    *found = false;
    if (c->source->size - c->start < FORMAT_FOOTER)
        return TACIT_OK;
    TRY(source_read(c->source, c->source->size - FORMAT_FOOTER, footer, sizeof footer));
    if (format_footer_parse(footer, &index_size, &archive_size) != TACIT_OK ||
        archive_size != c->source->size - c->start)
        return TACIT_OK;
    struct format_index parsed;
    const uint8_t *entries;
    uint8_t *data = NULL;
    enum tacit_status status =
        read_index(c, c->source->size - index_size, index_size, &data, &parsed, &entries);
    if (status == TACIT_OK)
        status = add_entries(c, &parsed, entries, first_block);
    *found = status == TACIT_OK;
    if (*found)
        end_archive(c->index, &parsed);
    free(data);
    return status;
}

/* Follows the block headers up to the index, which must agree. *offset: the first block, then the
 * end. */
static enum tacit_status load_by_hopping(struct cursor *c, uint64_t *offset)
{
    struct archive_index *index = c->index;
    size_t first = index->n_blocks;
    for (;;) {
        uint8_t head[FORMAT_BLOCK_HEADER];
        struct format_block block;
        TRY(source_read(c->source, *offset, head, FORMAT_MARK_SIZE));
        if (format_part_kind(head) != FORMAT_PART_BLOCK)
            break;
        TRY(source_read(c->source, *offset, head, sizeof head));
        TRY(format_block_parse(head, c->header.block_size, &block));
        if (block.tag != c->header.tag || block.content_offset != index->content_size - c->base)
            return TACIT_ERR_CORRUPT;
        TRY(add_block(c, &(struct archive_block){.archive_offset = *offset,
                                                 .content_size = block.content_size,
                                                 .payload_size = block.payload_size,
                                                 .header_size = FORMAT_BLOCK_HEADER,
                                                 .method = block.method}));
        *offset += FORMAT_BLOCK_HEADER + (uint64_t)block.payload_size;
    }
    struct format_index parsed;
    const uint8_t *entries;
    uint8_t *data = NULL;
    uint64_t n_blocks = index->n_blocks - first;
    uint64_t n = format_index_size(n_blocks);
    enum tacit_status status = read_index(c, *offset, n, &data, &parsed, &entries);
    *offset += n;
    free(data);
    TRY(status);
    end_archive(index, &parsed);
    return parsed.n_blocks == n_blocks && parsed.content_size == index->content_size - c->base &&
                   parsed.archive_size == *offset - c->start
               ? TACIT_OK
               : TACIT_ERR_CORRUPT;
}

static enum tacit_status load_archive(struct cursor *c, uint64_t *offset)
{
    size_t n_header;
    TRY(source_read_header(c->source, *offset, &c->header, &n_header));
    *offset += n_header;
    if (c->index->reference.n_hash == 0)
        c->index->reference = c->header.reference;
    if (c->header.single) {
        const struct format_block *block = &c->header.block;
        if (block->payload_size > c->source->size - *offset)
            return TACIT_ERR_TRUNCATED;
        *offset += block->payload_size;
        return add_block(c, &(struct archive_block){.archive_offset = c->start,
                                                    .content_size = block->content_size,
                                                    .payload_size = block->payload_size,
                                                    .header_size = (uint32_t)n_header,
                                                    .method = block->method});
    }
    bool found;
    TRY(load_from_footer(c, *offset, &found));
    if (!found)
        return load_by_hopping(c, offset);
    *offset = c->source->size;
    return TACIT_OK;
}

enum tacit_status archive_index_load(struct archive_index *index, const struct tacit_source *source,
                                     const struct codec_plan *plan)
{
    uint64_t offset = 0;
    index->format_version = FORMAT_VERSION;
    for (bool is_end = false; !is_end;) { /* zero bytes up to the end are padding */
        struct cursor c = {.index = index,
                           .source = source,
                           .plan = plan,
                           .start = offset,
                           .base = index->content_size};
        enum tacit_status status = load_archive(&c, &offset);
        if (status == TACIT_ERR_NOT_ARCHIVE && index->n_archives > 0)
            return TACIT_ERR_CORRUPT; /* something else follows an archive */
        TRY(status);
        index->n_archives++;
        TRY(source_is_zero(source, offset, &is_end));
    }
    index->archive_size = offset;
    return TACIT_OK;
}

void archive_index_free(struct archive_index *index)
{
    free(index->blocks);
    *index = (struct archive_index){0};
}
