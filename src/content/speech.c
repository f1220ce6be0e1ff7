/* SPDX-License-Identifier: Apache-2.0 */
#include "content/speech.h"

#include <string.h>

#include "base/try.h"

/* A segment's first byte: the content type and this, or 0 if the segment is not silent. */
enum { FLAG_SILENT = 0x10 };

uint32_t speech_n_spoken(const struct speech *speech)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < speech->n_segments; i++)
        n += speech->segments[i].silent ? 0 : speech->segments[i].n_bytes;
    return n;
}

uint32_t speech_silent_set(const struct speech *speech)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < speech->n_segments; i++)
        if (speech->segments[i].silent)
            set |= CONTENT_BIT(speech->segments[i].content.type);
    return set;
}

static bool same_kind(const struct content *a, const struct content *b)
{
    return a->type == b->type && a->stride == b->stride;
}

/* Kinds in the order in which they first appear. */
uint32_t speech_silent_order(const struct speech *speech, uint16_t order[SPEECH_SEGMENTS_MAX])
{
    const struct speech_segment *segments = speech->segments;
    bool placed[SPEECH_SEGMENTS_MAX] = {false};
    uint32_t n = 0;
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        if (placed[i] || !segments[i].silent)
            continue;
        for (uint32_t j = i; j < speech->n_segments; j++)
            if (segments[j].silent && same_kind(&segments[j].content, &segments[i].content)) {
                placed[j] = true;
                order[n++] = (uint16_t)j;
            }
    }
    return n;
}

/* Where each segment begins in what is arranged. */
static void find_places(const struct speech *speech, uint32_t places[SPEECH_SEGMENTS_MAX])
{
    uint16_t order[SPEECH_SEGMENTS_MAX];
    uint32_t n_silent = speech_silent_order(speech, order), at = 0;
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        if (speech->segments[i].silent)
            continue;
        places[i] = at;
        at += speech->segments[i].n_bytes;
    }
    for (uint32_t k = 0; k < n_silent; k++) {
        places[order[k]] = at;
        at += speech->segments[order[k]].n_bytes;
    }
}

void speech_apply(const struct speech *speech, const uint8_t *content, uint8_t *arranged)
{
    uint32_t places[SPEECH_SEGMENTS_MAX] = {0};
    find_places(speech, places);
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        memcpy(arranged + places[i], content, speech->segments[i].n_bytes);
        content += speech->segments[i].n_bytes;
    }
}

void speech_restore(const struct speech *speech, const uint8_t *arranged, uint8_t *content)
{
    uint32_t places[SPEECH_SEGMENTS_MAX] = {0};
    find_places(speech, places);
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        memcpy(content, arranged + places[i], speech->segments[i].n_bytes);
        content += speech->segments[i].n_bytes;
    }
}

size_t speech_pack(uint8_t *out, const struct speech *speech)
{
    size_t n = varint_put(out, speech->n_segments - 1);
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        const struct speech_segment *s = &speech->segments[i];
        out[n++] = s->silent ? (uint8_t)(content_type_store(s->content.type) | FLAG_SILENT) : 0;
        if (s->silent && content_has_rows(s->content.type)) {
            n += varint_put(out + n, s->content.stride);
            n += varint_put(out + n, s->content.offset);
        }
        if (i + 1 < speech->n_segments)
            n += varint_put(out + n, s->n_bytes - 1);
    }
    return n;
}

static enum tacit_status read_kind(struct varint_reader *r, struct speech_segment *segment)
{
    unsigned kind = varint_read_byte(r);
    *segment = (struct speech_segment){.silent = kind & FLAG_SILENT};
    if (!segment->silent)
        return kind == 0 ? TACIT_OK : TACIT_ERR_VERSION;
    segment->content.type = content_type_stored(kind);
    if (kind & ~(unsigned)(CONTENT_STORED_MASK | FLAG_SILENT))
        return TACIT_ERR_VERSION;
    if (content_has_rows(segment->content.type)) {
        TRY(varint_read(r, &segment->content.stride));
        TRY(varint_read(r, &segment->content.offset));
    }
    return content_check(&segment->content);
}

enum tacit_status speech_parse(struct varint_reader *r, uint32_t n, struct speech *speech)
{
    uint32_t n_left = n;
    TRY(varint_read(r, &speech->n_segments));
    if (speech->n_segments >= SPEECH_SEGMENTS_MAX)
        return TACIT_ERR_CORRUPT;
    speech->n_segments++;
    for (uint32_t i = 0; i < speech->n_segments; i++) {
        struct speech_segment *segment = &speech->segments[i];
        TRY(read_kind(r, segment));
        segment->n_bytes = n_left;
        if (i + 1 < speech->n_segments) {
            TRY(varint_read(r, &segment->n_bytes));
            if (segment->n_bytes >= n_left)
                return TACIT_ERR_CORRUPT;
            segment->n_bytes++;
        }
        n_left -= segment->n_bytes;
        if (segment->n_bytes == 0)
            return TACIT_ERR_CORRUPT;
    }
    uint32_t n_spoken = speech_n_spoken(speech);
    return n_spoken > 0 && n_spoken < n ? TACIT_OK : TACIT_ERR_CORRUPT;
}
