/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_layout.h"

#include <assert.h>

#include "base/try.h"
#include "base/varint.h"

/* First byte: strength and memory in the low five bits, then these. */
enum { SETTING_MASK = 0x1f, FLAG_SEGMENTS = 0x20, FLAG_LINE_ENDS = 0x40, FLAG_REFERENCE = 0x80 };

/* The last two together: recoded. Then a byte follows that says whether there are line ends. */
enum { RECODED = FLAG_LINE_ENDS | FLAG_REFERENCE, RECODED_LINE_ENDS = 1 };

/* The byte that says how the reference is read: the type, then the part. */
enum { READING_TYPE_MASK = 0x0f, PART_SHIFT = 4 };

/* In its place; then these bits follow, then it. */
enum { READING_MORE = 0x0f, FLAG_RECALLS = 1, FLAG_RESTATED = 2 };

/* A segment's first byte: the content type and this. The last only in the first one that is coded: it is of the block. */
enum { FLAG_RAW = 0x10, FLAG_COPY = 0x20, FLAG_TRAINED = 0x80 };

void context_layout_set_contents(struct context_layout *layout,
                                 const struct tacit_reference *reference, uint32_t content_size)
{
    layout->config.content_set = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        if (context_layout_is_coded(&layout->segments[i]))
            layout->config.content_set |= CONTENT_BIT(layout->segments[i].content.type);
    }
    if (layout->referenced && layout->config.content_set != 0)
        reference_models_configure(reference, content_size, &layout->reading, &layout->config);
}

uint64_t context_layout_n_raw(const struct context_layout *layout)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < layout->n_segments; i++)
        n += layout->segments[i].raw ? layout->segments[i].n_bytes : 0;
    return n;
}

static size_t put_segment(uint8_t *out, const struct context_segment *segment, bool trained)
{
    size_t n = 1;
    if (segment->distance != 0) {
        out[0] = FLAG_COPY;
        return n + varint_put(out + n, segment->distance - 1);
    }
    out[0] = (uint8_t)(content_type_store(segment->content.type) | (segment->raw ? FLAG_RAW : 0) |
                       (trained ? FLAG_TRAINED : 0));
    if (!segment->raw && content_has_rows(segment->content.type)) {
        n += varint_put(out + n, segment->content.stride);
        n += varint_put(out + n, segment->content.offset);
    }
    return n;
}

/* A setting is memory_log2 - CONTEXT_MEMORY_LOG2_MIN in the low four bits, then strength: quick or strong. Settings
 * whose low four bits exceed what memory may be stand for lean ones of all sizes. */
enum { MEMORY_BITS = 4, MEMORY_MASK = 0x0f, LEAN_FIRST = 11, LEAN_A_HALF = 5 };

static_assert(CONTEXT_MEMORY_LOG2_MAX - CONTEXT_MEMORY_LOG2_MIN < LEAN_FIRST &&
                  LEAN_FIRST + LEAN_A_HALF == MEMORY_MASK + 1 &&
                  CONTEXT_MEMORY_LOG2_MAX_LEAN - CONTEXT_MEMORY_LOG2_MIN < 2 * LEAN_A_HALF,
              "every setting stands for one configuration");

static unsigned setting_of(const struct context_config *config)
{
    unsigned memory = config->memory_log2 - CONTEXT_MEMORY_LOG2_MIN;
    if (config->strength == CONTEXT_LEAN)
        return (memory / LEAN_A_HALF) << MEMORY_BITS | (LEAN_FIRST + memory % LEAN_A_HALF);
    return (unsigned)config->strength << MEMORY_BITS | memory;
}

static struct context_config config_of(unsigned setting)
{
    unsigned memory = setting & MEMORY_MASK, half = setting >> MEMORY_BITS;
    bool lean = memory >= LEAN_FIRST;
    memory = lean ? memory - LEAN_FIRST + half * LEAN_A_HALF : memory;
    return (struct context_config){.strength = lean ? CONTEXT_LEAN : (enum context_strength)half,
                                   .memory_log2 = CONTEXT_MEMORY_LOG2_MIN + memory};
}

static size_t put_reading(uint8_t *out, const struct context_layout *layout)
{
    unsigned more =
        (layout->recalls ? FLAG_RECALLS : 0u) | (layout->restate.used ? FLAG_RESTATED : 0u);
    size_t n = 0;
    if (more) {
        out[n++] = READING_MORE;
        out[n++] = (uint8_t)more;
    }
    out[n++] = (uint8_t)(layout->reading.type | layout->reading.part << PART_SHIFT);
    return layout->restate.used ? n + tar_restate_pack(out + n, &layout->restate) : n;
}

size_t context_layout_pack(uint8_t *out, const struct context_layout *layout)
{
    size_t n = 0;
    bool many = layout->n_segments > 1, line_ends = layout->line_ends.n_removed > 0;
    bool recoded = layout->recoding.n_stretches > 0;
    unsigned flags =
        recoded ? RECODED
                : (line_ends ? FLAG_LINE_ENDS : 0u) | (layout->referenced ? FLAG_REFERENCE : 0u);
    out[n++] = (uint8_t)(setting_of(&layout->config) | (many ? FLAG_SEGMENTS : 0u) | flags);
    if (recoded)
        out[n++] = line_ends ? RECODED_LINE_ENDS : 0;
    if (layout->referenced)
        n += put_reading(out + n, layout);
    if (line_ends)
        n += line_ends_pack(out + n, &layout->line_ends);
    if (recoded)
        n += recoding_pack(out + n, &layout->recoding);
    if (many)
        n += varint_put(out + n, layout->n_segments - 2);
    bool begun = layout->config.trained == START_UNTRAINED;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        bool first = !begun && context_layout_is_coded(&layout->segments[i]);
        begun = begun || first;
        n += put_segment(out + n, &layout->segments[i], first);
        if (i + 1 < layout->n_segments)
            n += varint_put(out + n, layout->segments[i].n_bytes - 1);
    }
    return n;
}

void context_layout_set_start(struct context_layout *layout, bool trained)
{
    bool codes = recoding_has_codes(&layout->recoding);
    layout->config.trained = !trained ? START_UNTRAINED : codes ? START_CODES : START_TEXT;
}

/* With copies in the coded bits, no segment may be a copy, raw or transformed. */
static bool may_recall(const struct context_segment *segment)
{
    return context_layout_is_coded(segment) && context_layout_type_recalls(segment->content.type);
}

/* trained: whether the block's models are, which the segment says if it is coded; NULL if another one said it. */
static enum tacit_status read_kind(struct varint_reader *r, struct context_segment *segment,
                                   uint32_t n_before, bool *trained)
{
    unsigned type = varint_read_byte(r);
    *segment = (struct context_segment){.raw = type & FLAG_RAW};
    if (type == FLAG_COPY) {
        TRY(varint_read(r, &segment->distance));
        return segment->distance++ < n_before ? TACIT_OK : TACIT_ERR_CORRUPT;
    }
    if (trained != NULL && !segment->raw) {
        *trained = type & FLAG_TRAINED;
        type &= ~(unsigned)FLAG_TRAINED;
    }
    if (type & ~(unsigned)(CONTENT_STORED_MASK | FLAG_RAW))
        return TACIT_ERR_VERSION;
    segment->content.type = content_type_stored(type);
    if (segment->raw)
        return TACIT_OK;
    if (content_has_rows(segment->content.type)) {
        TRY(varint_read(r, &segment->content.stride));
        TRY(varint_read(r, &segment->content.offset));
    }
    return content_check(&segment->content);
}

/* All segments but the last state their length. */
static enum tacit_status read_length(struct varint_reader *r, struct context_segment *segment,
                                     uint32_t n_left, bool last)
{
    segment->n_bytes = n_left;
    if (last)
        return n_left > 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
    TRY(varint_read(r, &segment->n_bytes));
    return segment->n_bytes++ < n_left ? TACIT_OK : TACIT_ERR_CORRUPT;
}

bool context_layout_is_referenced(const uint8_t *data, size_t n)
{
    return n > 0 && (data[0] & RECODED) == FLAG_REFERENCE;
}

static enum tacit_status read_reading(struct varint_reader *r, struct byte_view reference,
                                      struct context_layout *layout)
{
    unsigned byte = varint_read_byte(r), more = 0;
    if (byte == READING_MORE) {
        more = varint_read_byte(r);
        byte = varint_read_byte(r);
        if (more & ~(unsigned)(FLAG_RECALLS | FLAG_RESTATED))
            return TACIT_ERR_VERSION;
        if (more == 0)
            return TACIT_ERR_CORRUPT;
    }
    layout->recalls = more & FLAG_RECALLS;
    layout->restate.used = more & FLAG_RESTATED;
    unsigned type = byte & READING_TYPE_MASK;
    layout->reading = (struct reference_reading){(enum content_type)type, byte >> PART_SHIFT};
    if (type >= CONTENT_N_TYPES || content_has_rows(layout->reading.type))
        return TACIT_ERR_VERSION;
    return layout->restate.used ? tar_restate_parse(r, reference, &layout->restate) : TACIT_OK;
}

/* What was done to the content before: line ends, recoding. */
static enum tacit_status read_changes(struct varint_reader *r, unsigned first,
                                      uint32_t content_size, struct context_layout *layout)
{
    bool recoded = (first & RECODED) == RECODED, line_ends = first & FLAG_LINE_ENDS;
    layout->line_ends.n_removed = layout->recoding.n_stretches = 0;
    if (recoded) {
        unsigned byte = varint_read_byte(r);
        line_ends = byte & RECODED_LINE_ENDS;
        if (byte & ~(unsigned)RECODED_LINE_ENDS)
            return TACIT_ERR_VERSION;
    }
    if (line_ends)
        TRY(line_ends_parse(r, content_size, &layout->line_ends));
    return recoded
               ? recoding_parse(r, content_size - layout->line_ends.n_removed, &layout->recoding)
               : TACIT_OK;
}

/* Reads from the second byte on: whether the reference is read, changes, the number of segments. */
static enum tacit_status read_front(struct varint_reader *r, unsigned first, uint32_t content_size,
                                    struct byte_view reference, struct context_layout *layout)
{
    uint32_t n_segments = 1;
    layout->referenced = (first & RECODED) == FLAG_REFERENCE;
    layout->recalls = layout->restate.used = false;
    if (layout->referenced && reference.n == 0)
        return TACIT_ERR_REFERENCE_MISSING;
    if (layout->referenced)
        TRY(read_reading(r, reference, layout));
    TRY(read_changes(r, first, content_size, layout));
    if (first & FLAG_SEGMENTS) {
        TRY(varint_read(r, &n_segments));
        if (n_segments > CONTEXT_SEGMENTS_MAX - 2)
            return TACIT_ERR_CORRUPT;
        n_segments += 2;
    }
    layout->n_segments = n_segments;
    return TACIT_OK;
}

enum tacit_status context_layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                                       const struct tacit_reference *reference,
                                       struct context_layout *layout, size_t *n_layout)
{
    struct varint_reader r = {.data = data, .n = n};
    unsigned first = varint_read_byte(&r);
    TRY(read_front(&r, first, content_size, reference_bytes(reference), layout));
    content_size = layout->recoding.n_stretches > 0 ? layout->recoding.n_bytes
                                                    : content_size - layout->line_ends.n_removed;
    layout->config = config_of(first & SETTING_MASK);
    uint32_t n_left = content_size, n_reference = layout->referenced ? reference->n_bytes : 0;
    bool begun = false, trained = false;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        TRY(read_kind(&r, &layout->segments[i], n_reference + content_size - n_left,
                      begun ? NULL : &trained));
        begun = begun || context_layout_is_coded(&layout->segments[i]);
        TRY(read_length(&r, &layout->segments[i], n_left, i + 1 == layout->n_segments));
        n_left -= layout->segments[i].n_bytes;
        if (layout->recalls && !may_recall(&layout->segments[i]))
            return TACIT_ERR_VERSION;
    }
    if (trained && layout->config.strength != CONTEXT_STRONG)
        return TACIT_ERR_VERSION;
    context_layout_set_start(layout, trained);
    context_layout_set_contents(layout, reference, content_size);
    *n_layout = r.pos;
    return r.pos > n || context_layout_n_raw(layout) > n - r.pos ? TACIT_ERR_CORRUPT : TACIT_OK;
}
