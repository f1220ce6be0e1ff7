/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/context_layout.h"

#include "base/try.h"
#include "base/varint.h"

/* First byte: memory_log2 - CM_MEMORY_LOG2_MIN in the low four bits, then strength, then this. */
enum { STRENGTH_SHIFT = 4, FLAG_SEGMENTS = 0x20, RESERVED = 0xc0 };

/* A segment's first byte: type in the low four bits, then this. */
enum { TYPE_MASK = 0x0f, FLAG_RAW = 0x10 };

void layout_set_contents(struct layout *layout)
{
    layout->config.content_set = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        if (!layout->segments[i].raw)
            layout->config.content_set |= CONTENT_BIT(layout->segments[i].content.type);
    }
}

uint64_t layout_n_raw(const struct layout *layout)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++)
        n += layout->segments[i].raw ? layout->segments[i].n_bytes : 0;
    return n;
}

size_t layout_pack(uint8_t *out, const struct layout *layout)
{
    size_t n = 0;
    bool many = layout->n_segments > 1;
    out[n++] =
        (uint8_t)((layout->config.memory_log2 - CM_MEMORY_LOG2_MIN) |
                  (unsigned)layout->config.strength << STRENGTH_SHIFT | (many ? FLAG_SEGMENTS : 0));
    if (many)
        n += varint_put(out + n, layout->n_segments - 2);
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        const struct layout_segment *segment = &layout->segments[i];
        out[n++] = (uint8_t)(segment->content.type | (segment->raw ? FLAG_RAW : 0));
        if (!segment->raw && content_has_rows(segment->content.type)) {
            n += varint_put(out + n, segment->content.stride);
            n += varint_put(out + n, segment->content.offset);
        }
        if (i + 1 < layout->n_segments)
            n += varint_put(out + n, segment->n_bytes - 1);
    }
    return n;
}

static enum tacit_status read_segment(struct varint_reader *r, struct layout_segment *segment,
                                      uint32_t n_left, bool last)
{
    unsigned type = varint_read_byte(r);
    *segment = (struct layout_segment){.n_bytes = n_left, .raw = type & FLAG_RAW};
    if (type & ~(unsigned)(TYPE_MASK | FLAG_RAW))
        return TACIT_ERR_CORRUPT;
    segment->content.type = (enum content_type)(type & TYPE_MASK);
    if (!segment->raw && content_has_rows(segment->content.type)) {
        TRY(varint_read(r, &segment->content.stride));
        TRY(varint_read(r, &segment->content.offset));
    }
    if (!segment->raw && !content_is_valid(&segment->content))
        return TACIT_ERR_CORRUPT;
    if (last)
        return TACIT_OK;
    TRY(varint_read(r, &segment->n_bytes));
    if (segment->n_bytes >= n_left - 1) /* the last one holds a byte at least */
        return TACIT_ERR_CORRUPT;
    segment->n_bytes++;
    return TACIT_OK;
}

enum tacit_status layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                               struct layout *layout, size_t *n_layout)
{
    struct varint_reader r = {.data = data, .n = n};
    unsigned first = varint_read_byte(&r);
    uint32_t n_segments = 1;
    if (first & RESERVED)
        return TACIT_ERR_CORRUPT;
    if (first & FLAG_SEGMENTS) {
        TRY(varint_read(&r, &n_segments));
        if (n_segments > LAYOUT_SEGMENTS_MAX - 2)
            return TACIT_ERR_CORRUPT;
        n_segments += 2;
    }
    layout->config = (struct cm_config){.strength = (enum cm_strength)(first >> STRENGTH_SHIFT & 1),
                                        .memory_log2 = CM_MEMORY_LOG2_MIN + (first & 0x0f)};
    layout->n_segments = n_segments;
    uint32_t n_left = content_size;
    for (uint32_t i = 0; i < n_segments; i++) {
        if (n_left == 0)
            return TACIT_ERR_CORRUPT;
        TRY(read_segment(&r, &layout->segments[i], n_left, i + 1 == n_segments));
        n_left -= layout->segments[i].n_bytes;
    }
    layout_set_contents(layout);
    *n_layout = r.pos;
    if (r.pos > n || layout->config.memory_log2 > CM_MEMORY_LOG2_MAX ||
        layout_n_raw(layout) > n - r.pos)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}
