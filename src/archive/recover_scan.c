/* SPDX-License-Identifier: Apache-2.0
 *
 * The source is read once. At every place that could start an archive, a block or an index, the
 * checks decide whether a part stands there; the scan goes on behind the part. A block with a whole
 * header and a damaged payload is a part too. If the payload may hold archives, as a stored one may,
 * and another part starts right behind it, the scan skips it up to the first block of the same
 * archive; otherwise bytes may be missing, and the scan goes on inside the payload.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/recover_parts.h"
#include "archive/source.h"
#include "base/try.h"

enum { CHUNK = 1 << 16, SECTOR = 512 };

/* Limits how often payloads that fail their checks are read, in sizes of the source: nested block
 * headers would otherwise take time by the square of the source's size. */
enum { WASTE_FACTOR = 4, WASTE_MIN = 1 << 20 };

struct scan {
    struct recover_parts *parts;
    const struct tacit_source *source;
    struct block_job *job;
    uint64_t n_wasted;
    uint64_t chunk_offset;
    size_t n_chunk;
    uint8_t chunk[CHUNK];
};

static void fill_chunk(struct scan *s, uint64_t offset)
{
    const uint64_t left = s->source->size - offset;
    s->chunk_offset = offset;
    s->n_chunk = left < CHUNK ? (size_t)left : CHUNK;
    enum tacit_status status = source_read(s->source, offset, s->chunk, s->n_chunk);
    if (status != TACIT_OK && s->n_chunk > SECTOR) {
        s->n_chunk = SECTOR; /* small, so that a bad sector costs few bytes */
        status = source_read(s->source, offset, s->chunk, s->n_chunk);
    }
    if (status != TACIT_OK)
        memset(s->chunk, 0, s->n_chunk);
}

/* The first place from offset on that could start a part; the source's size if there is none. */
static uint64_t find_candidate(struct scan *s, uint64_t offset)
{
    const uint64_t size = s->source->size;
    for (; offset < size && size - offset >= FORMAT_PREFIX_SIZE; offset++) {
        if (offset < s->chunk_offset || offset + FORMAT_PREFIX_SIZE > s->chunk_offset + s->n_chunk)
            fill_chunk(s, offset);
        if (format_may_start(s->chunk + (offset - s->chunk_offset)))
            return offset;
    }
    return size;
}

/* Whether the headers at offset, or the source's end, confirm that a part ended here. */
static bool part_starts(const struct scan *s, uint64_t offset)
{
    uint8_t data[FORMAT_BLOCK_HEADER];
    struct format_block block;
    struct format_header header;
    size_t n_header;
    if (offset >= s->source->size)
        return offset == s->source->size;
    if (source_read(s->source, offset, data, FORMAT_MARK_SIZE) != TACIT_OK)
        return false;
    switch (format_part_kind(data)) {
    case FORMAT_PART_INDEX:
        return true;
    case FORMAT_PART_BLOCK:
        return source_read(s->source, offset, data, sizeof data) == TACIT_OK &&
               format_block_parse(data, UINT64_MAX, &block) == TACIT_OK;
    default:
        return source_read_header(s->source, offset, &header, &n_header) == TACIT_OK;
    }
}

static enum tacit_status add_part(struct scan *s, const struct recover_part *part)
{
    struct recover_parts *parts = s->parts;
    if (parts->n == parts->cap) {
        const size_t cap = parts->cap ? 2 * parts->cap : 64;
        if (cap > s->job->plan->memory_limit / sizeof *parts->items)
            return TACIT_ERR_MEMORY_LIMIT;
        struct recover_part *grown = realloc(parts->items, cap * sizeof *grown);
        if (!grown)
            return TACIT_ERR_MEMORY;
        parts->items = grown;
        parts->cap = cap;
    }
    parts->items[parts->n++] = *part;
    return TACIT_OK;
}

/* Passes on what parsing a header says. What only a newer version can read is no noise. */
static enum tacit_status note_newer(struct scan *s, enum tacit_status parsed)
{
    if (parsed == TACIT_ERR_VERSION)
        s->parts->saw_header = s->parts->saw_newer = true;
    return parsed;
}

static bool may_waste(const struct scan *s)
{
    return s->n_wasted / WASTE_FACTOR <= s->source->size + WASTE_MIN;
}

/* Whether the payload before `end` agrees with its check. */
static enum tacit_status verify_payload(struct scan *s, const struct format_block *block,
                                        uint64_t end)
{
    struct byte_buffer *payload = &s->job->payload;
    const uint64_t n = block->payload_size;
    if (end > s->source->size || !may_waste(s))
        return TACIT_ERR_TRUNCATED;
    if (n > s->job->plan->memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    TRY(byte_buffer_reserve(payload, n, n));
    enum tacit_status status = source_read(s->source, end - n, payload->data, n);
    if (status == TACIT_OK)
        status = format_payload_verify(block, payload->data);
    if (status != TACIT_OK)
        s->n_wasted += n;
    return status;
}

static bool is_of_memory(enum tacit_status status)
{
    return status == TACIT_ERR_MEMORY || status == TACIT_ERR_MEMORY_LIMIT;
}

/* Whether the payload may hold whole parts of archives: what models code holds none. */
static bool may_hold_parts(const struct format_block *block)
{
    return block->method == TACIT_METHOD_STORED || block->method == TACIT_METHOD_ZSTD;
}

/* Whether a whole block that belongs behind the damaged one stands at offset. Archives in that one's
 * content have other tags, unless they hold the same beginning, which lies before it. */
static enum tacit_status check_next(struct scan *s, const struct recover_part *damaged,
                                    uint64_t offset)
{
    uint8_t data[FORMAT_BLOCK_HEADER];
    struct format_block block;
    TRY(source_read(s->source, offset, data, sizeof data));
    TRY(format_block_parse(data, UINT64_MAX, &block));
    if (block.tag != damaged->tag ||
        block.content_offset < damaged->block.content_offset + damaged->block.content_size)
        return TACIT_ERR_CORRUPT;
    return verify_payload(s, &block, offset + sizeof data + block.payload_size);
}

/* Moves from the damaged payload's start to where the scan goes on: to its end or, if bytes are
 * missing from it, by chance as many as parts behind it have, to the first block among these. */
static enum tacit_status skip_payload(struct scan *s, const struct recover_part *damaged,
                                      uint64_t *offset)
{
    uint64_t at = find_candidate(s, *offset);
    *offset = damaged->end;
    for (; at < damaged->end; at = find_candidate(s, at + 1)) {
        const enum tacit_status status = check_next(s, damaged, at);
        if (status == TACIT_OK)
            *offset = at;
        if (status == TACIT_OK || is_of_memory(status))
            return status;
    }
    return TACIT_OK;
}

static enum tacit_status try_block(struct scan *s, uint64_t *offset)
{
    uint8_t data[FORMAT_BLOCK_HEADER];
    struct recover_part part = {.kind = RECOVER_BLOCK, .offset = *offset};
    TRY(source_read(s->source, *offset, data, sizeof data));
    TRY(note_newer(s, format_block_parse(data, UINT64_MAX, &part.block)));
    s->parts->saw_header = true;
    part.tag = part.block.tag;
    part.end = *offset + sizeof data + part.block.payload_size;
    const enum tacit_status status = verify_payload(s, &part.block, part.end);
    if (is_of_memory(status))
        return status;
    part.is_damaged = status != TACIT_OK;
    *offset = part.is_damaged ? *offset + sizeof data : part.end;
    if (part.is_damaged && may_hold_parts(&part.block) && part_starts(s, part.end))
        TRY(skip_payload(s, &part, offset));
    return add_part(s, &part);
}

/* Examines an archive's header. Only the payload's check covers a header of single form, so of a
 * damaged one the scan uses no more than the length of a stored payload, if another part starts
 * behind it. */
static enum tacit_status try_archive(struct scan *s, uint64_t *offset)
{
    struct format_header header;
    size_t n_header;
    TRY(source_read_header(s->source, *offset, &header, &n_header));
    s->parts->saw_header = true;
    struct recover_part part = {.kind = header.single ? RECOVER_SINGLE : RECOVER_HEADER,
                                .offset = *offset,
                                .end = *offset + n_header,
                                .tag = header.tag};
    if (header.single) {
        part.block = header.block;
        part.end += header.block.payload_size;
        const enum tacit_status status = verify_payload(s, &part.block, part.end);
        if (is_of_memory(status))
            return status;
        part.is_damaged = status != TACIT_OK;
        if (part.is_damaged &&
            !(part.block.method == TACIT_METHOD_STORED && part_starts(s, part.end)))
            return TACIT_ERR_CORRUPT;
    }
    *offset = part.end;
    return add_part(s, &part);
}

/* Looks for an archive of brief form, but only where an archive can begin: only the content's check
 * covers it, so that the bytes behind have to confirm where it ends. Of an archive of a newer version
 * nothing but its version can be read, which no check covers, so that only there it counts, too. */
static enum tacit_status try_brief(struct scan *s, uint64_t *offset)
{
    struct format_header header;
    size_t n_header;
    TRY(note_newer(s, source_read_header(s->source, *offset, &header, &n_header)));
    struct recover_part part = {.kind = RECOVER_SINGLE,
                                .offset = *offset,
                                .end = *offset + n_header + header.block.payload_size,
                                .block = header.block};
    if (!header.block.brief)
        return TACIT_ERR_CORRUPT;
    bool ends = part_starts(s, part.end);
    if (!ends)
        TRY(source_is_zero(s->source, part.end, &ends));
    if (!ends || part.end > s->source->size)
        return TACIT_ERR_CORRUPT;
    s->parts->saw_header = true;
    *offset = part.end;
    return add_part(s, &part);
}

static enum tacit_status parse_index(struct scan *s, uint8_t *data, size_t n, uint64_t *offset)
{
    struct recover_part part = {.kind = RECOVER_INDEX, .offset = *offset, .end = *offset + n};
    const uint8_t *entries;
    enum tacit_status status = source_read(s->source, *offset, data, n);
    if (status == TACIT_OK)
        status = format_index_parse(data, n, &part.index, &entries);
    if (status != TACIT_OK) {
        s->n_wasted += n;
        return status;
    }
    memmove(data, entries, (size_t)part.index.n_blocks * FORMAT_INDEX_ENTRY);
    part.entries = data;
    *offset = part.end;
    return add_part(s, &part);
}

static enum tacit_status try_index(struct scan *s, uint64_t *offset)
{
    uint8_t head[FORMAT_INDEX_HEAD];
    TRY(source_read(s->source, *offset, head, sizeof head));
    const uint64_t n = format_index_size(format_index_n_blocks(head));
    if (n > s->source->size - *offset || !may_waste(s))
        return TACIT_ERR_TRUNCATED;
    if (n > s->job->plan->memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    uint8_t *data = malloc((size_t)n);
    if (!data)
        return TACIT_ERR_MEMORY;
    const enum tacit_status status = parse_index(s, data, (size_t)n, offset);
    if (status != TACIT_OK)
        free(data);
    return status;
}

static enum tacit_status try_candidate(struct scan *s, uint64_t *offset)
{
    uint8_t mark[FORMAT_MARK_SIZE];
    TRY(source_read(s->source, *offset, mark, sizeof mark));
    switch (format_part_kind(mark)) {
    case FORMAT_PART_BLOCK:
        return try_block(s, offset);
    case FORMAT_PART_INDEX:
        return try_index(s, offset);
    default:
        return try_archive(s, offset);
    }
}

enum tacit_status recover_scan(struct recover_parts *parts, const struct tacit_source *source,
                               struct block_job *job)
{
    struct scan *s = calloc(1, sizeof *s);
    if (!s)
        return TACIT_ERR_MEMORY;
    s->parts = parts;
    s->source = source;
    s->job = job;
    enum tacit_status status = TACIT_OK;
    uint64_t offset = 0;
    while (offset < source->size && !is_of_memory(status)) {
        if (status == TACIT_OK)
            status = try_brief(s, &offset);
        if (status == TACIT_OK || is_of_memory(status))
            continue;
        offset = find_candidate(s, offset);
        if (offset < source->size)
            status = try_candidate(s, &offset);
        if (status != TACIT_OK)
            offset++;
    }
    free(s);
    return is_of_memory(status) ? status : TACIT_OK;
}

void recover_parts_free(struct recover_parts *parts)
{
    for (size_t i = 0; i < parts->n; i++)
        free(parts->items[i].entries);
    free(parts->items);
}
