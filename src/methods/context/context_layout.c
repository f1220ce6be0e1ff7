/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_layout.h"

#include "base/try.h"
#include "base/varint.h"

/* First byte: memory_log2 - CM_MEMORY_LOG2_MIN in the low four bits, then strength, then these. */
enum { STRENGTH_SHIFT = 4, FLAG_SEGMENTS = 0x20, FLAG_LINE_ENDS = 0x40, RESERVED = 0x80 };

/* A segment's first byte: type in the low four bits, then this. */
enum { TYPE_MASK = 0x0f, FLAG_RAW = 0x10, FLAG_COPY = 0x20 };

void context_layout_set_contents(struct context_layout *layout)
{
    layout->config.content_set = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        if (context_layout_is_coded(&layout->segments[i]))
            layout->config.content_set |= CONTENT_BIT(layout->segments[i].content.type);
    }
}

uint64_t context_layout_n_raw(const struct context_layout *layout)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++)
        n += layout->segments[i].raw ? layout->segments[i].n_bytes : 0;
    return n;
}

static size_t put_segment(uint8_t *out, const struct context_segment *segment)
{
    size_t n = 1;
    if (segment->distance != 0) {
        out[0] = FLAG_COPY;
        return n + varint_put(out + n, segment->distance - 1);
    }
    out[0] = (uint8_t)(segment->content.type | (segment->raw ? FLAG_RAW : 0));
    if (!segment->raw && content_has_rows(segment->content.type)) {
        n += varint_put(out + n, segment->content.stride);
        n += varint_put(out + n, segment->content.offset);
    }
    return n;
}

size_t context_layout_pack(uint8_t *out, const struct context_layout *layout)
{
    size_t n = 0;
    bool many = layout->n_segments > 1, line_ends = layout->line_ends.n_removed > 0;
    out[n++] = (uint8_t)((layout->config.memory_log2 - CM_MEMORY_LOG2_MIN) |
                         (unsigned)layout->config.strength << STRENGTH_SHIFT |
                         (many ? FLAG_SEGMENTS : 0) | (line_ends ? FLAG_LINE_ENDS : 0));
    if (line_ends)
        n += line_ends_pack(out + n, &layout->line_ends);
    if (many)
        n += varint_put(out + n, layout->n_segments - 2);
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        n += put_segment(out + n, &layout->segments[i]);
        if (i + 1 < layout->n_segments)
            n += varint_put(out + n, layout->segments[i].n_bytes - 1);
    }
    return n;
}

static enum tacit_status read_kind(struct varint_reader *r, struct context_segment *segment,
                                   uint32_t start)
{
    unsigned type = varint_read_byte(r);
    *segment = (struct context_segment){.raw = type & FLAG_RAW};
    if (type == FLAG_COPY) {
        TRY(varint_read(r, &segment->distance));
        return segment->distance++ < start ? TACIT_OK : TACIT_ERR_CORRUPT;
    }
    if (type & ~(unsigned)(TYPE_MASK | FLAG_RAW))
        return TACIT_ERR_CORRUPT;
    segment->content.type = (enum content_type)(type & TYPE_MASK);
    if (segment->raw)
        return TACIT_OK;
    if (content_has_rows(segment->content.type)) {
        TRY(varint_read(r, &segment->content.stride));
        TRY(varint_read(r, &segment->content.offset));
    }
    return content_is_valid(&segment->content) ? TACIT_OK : TACIT_ERR_CORRUPT;
}

/* All but the last say how long they are. */
static enum tacit_status read_length(struct varint_reader *r, struct context_segment *segment,
                                     uint32_t n_left, bool last)
{
    segment->n_bytes = n_left;
    if (last)
        return n_left > 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
    TRY(varint_read(r, &segment->n_bytes));
    return segment->n_bytes++ < n_left ? TACIT_OK : TACIT_ERR_CORRUPT;
}

enum tacit_status context_layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                                       struct context_layout *layout, size_t *n_layout)
{
    struct varint_reader r = {.data = data, .n = n};
    unsigned first = varint_read_byte(&r);
    uint32_t n_segments = 1;
    if (first & RESERVED)
        return TACIT_ERR_CORRUPT;
    layout->line_ends.n_removed = 0;
    if (first & FLAG_LINE_ENDS) {
        TRY(line_ends_parse(&r, content_size, &layout->line_ends));
        content_size -= layout->line_ends.n_removed;
    }
    if (first & FLAG_SEGMENTS) {
        TRY(varint_read(&r, &n_segments));
        if (n_segments > CONTEXT_SEGMENTS_MAX - 2)
            return TACIT_ERR_CORRUPT;
        n_segments += 2;
    }
    layout->config = (struct cm_config){.strength = (enum cm_strength)(first >> STRENGTH_SHIFT & 1),
                                        .memory_log2 = CM_MEMORY_LOG2_MIN + (first & 0x0f)};
    layout->n_segments = n_segments;
    uint32_t n_left = content_size;
    for (uint32_t i = 0; i < n_segments; i++) {
        TRY(read_kind(&r, &layout->segments[i], content_size - n_left));
        TRY(read_length(&r, &layout->segments[i], n_left, i + 1 == n_segments));
        n_left -= layout->segments[i].n_bytes;
    }
    context_layout_set_contents(layout);
    *n_layout = r.pos;
    if (r.pos > n || layout->config.memory_log2 > CM_MEMORY_LOG2_MAX ||
        context_layout_n_raw(layout) > n - r.pos)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}
