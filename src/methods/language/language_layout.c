/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_layout.h"

#include <assert.h>

#include "base/try.h"
#include "base/varint.h"
#include "engine/lm.h"

/* First byte: memory_log2 - CONTEXT_MEMORY_LOG2_MIN in the low four bits, then these. */
enum {
    MEMORY_MASK = 0x0f,
    FLAG_UNMIXED = 0x10,
    FLAG_LINE_ENDS = 0x20,
    FLAG_SMALL = 0x40, /* the default first token and context and one stream are not written */
    FLAG_PRIMED = 0x80,
};
/* These two bits together mean the usual reading of the reference (language_layout.h): the type is
 * in the low four bits, memory in bits 5 and 6, and nothing else follows. */
enum { USUAL = FLAG_PRIMED | FLAG_UNMIXED, USUAL_MEMORY_SHIFT = 5, USUAL_MEMORY_MASK = 3 };
/* If usual, types from here on are versed_types[type - this], and the block is versed. */
enum { VERSED_FIRST = 10 };
static const enum content_type versed_types[] = {
    CONTENT_DEFAULT, CONTENT_TEXT, CONTENT_MARKUP, CONTENT_X86, CONTENT_TABLE, CONTENT_COMPRESSED};
static_assert(VERSED_FIRST + sizeof versed_types / sizeof *versed_types == 16, "four bits");
/* Second byte: the content's type in the low four bits; whether a byte follows that says what is read of the
 * reference, model_part in its low four bits, then the context models' part; whether content is recoded; whether a byte
 * follows that names a kind of KV cache; whether content is arranged. */
enum {
    TYPE_MASK = 0x0f,
    FLAG_REFERENCE = 0x10,
    FLAG_RECODED = 0x20,
    FLAG_KV_KIND = 0x40,
    FLAG_ARRANGED = 0x80
};
/* These two bits together mean that the block recalls, and then the third that it is restated. */
enum { RECALLS = FLAG_REFERENCE | FLAG_ARRANGED, FLAG_RESTATED = FLAG_RECODED };
enum { FLAG_KV_KEEP = 0x80 }; /* of the byte that names the kind of KV cache */
enum { KEEP_BY_HEAD = 0x80 }; /* in place of a share */
enum { PART_SHIFT = 4, MODEL_PART_MASK = 0x0f };
enum { SMALL_FIRST_TOKEN = 0, SMALL_CONTEXT = 2048 };

static bool is_small(const struct language_layout *layout)
{
    return layout->first_token == SMALL_FIRST_TOKEN && layout->n_context == SMALL_CONTEXT &&
           layout->n_streams == 1;
}

bool language_layout_is_usual(const struct language_layout *layout)
{
    return layout->referenced && !layout->recalls && is_small(layout) &&
           layout->kv_kind == KV_INT8 && layout->kv_keep == 0 && layout->kv_heads.n == 0 &&
           layout->reading.part == LANGUAGE_USUAL_PART &&
           layout->model_part == LANGUAGE_USUAL_MODEL_PART &&
           layout->memory_log2 >= LANGUAGE_USUAL_MEMORY_LOG2 &&
           layout->memory_log2 <= LANGUAGE_USUAL_MEMORY_LOG2 + USUAL_MEMORY_MASK;
}

static enum tacit_status read_usual(unsigned byte, uint32_t content_size,
                                    struct language_layout *layout)
{
    unsigned type = byte & TYPE_MASK;
    bool versed = type >= VERSED_FIRST;
    type = versed ? versed_types[type - VERSED_FIRST] : type;
    *layout = (struct language_layout){
        .type = (enum content_type)type,
        .referenced = true,
        .versed = versed,
        .reading = {(enum content_type)type, LANGUAGE_USUAL_PART},
        .model_part = LANGUAGE_USUAL_MODEL_PART,
        .memory_log2 =
            LANGUAGE_USUAL_MEMORY_LOG2 + (byte >> USUAL_MEMORY_SHIFT & USUAL_MEMORY_MASK),
        .n_recoded = content_size,
        .n_spoken = content_size,
        .n_arranged = content_size,
        .first_token = SMALL_FIRST_TOKEN,
        .n_context = SMALL_CONTEXT,
        .n_streams = 1,
        .n_bytes = {content_size},
    };
    if ((unsigned)layout->type >= CONTENT_N_TYPES || content_has_rows(layout->type))
        return TACIT_ERR_VERSION;
    return content_size > 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
}

static bool has_kv_kind(const struct language_layout *layout)
{
    return layout->kv_kind != KV_INT8 || layout->kv_keep > 0 || layout->kv_heads.n > 0;
}

/* The kind of KV cache, and what it keeps. */
static size_t pack_kv(uint8_t *out, const struct language_layout *layout)
{
    const struct kv_heads *heads = &layout->kv_heads;
    bool keeps_some = layout->kv_keep > 0 || heads->n > 0;
    size_t n = 0;
    if (!has_kv_kind(layout))
        return 0;
    out[n++] = (uint8_t)(layout->kv_kind | (keeps_some ? FLAG_KV_KEEP : 0));
    if (keeps_some)
        out[n++] = (uint8_t)(heads->n > 0 ? KEEP_BY_HEAD : layout->kv_keep);
    if (heads->n > 0)
        n += varint_put(out + n, heads->n);
    for (uint32_t i = 0; i < heads->n; i += 2)
        out[n++] = kv_heads_pair(heads, i);
    return n;
}

size_t language_layout_pack(uint8_t *out, const struct language_layout *layout)
{
    size_t n = 0;
    if (language_layout_is_usual(layout)) {
        unsigned type = layout->type, memory = layout->memory_log2 - LANGUAGE_USUAL_MEMORY_LOG2;
        for (unsigned i = 0; layout->versed && i < sizeof versed_types / sizeof *versed_types; i++)
            type = layout->type == versed_types[i] ? VERSED_FIRST + i : type;
        out[0] = (uint8_t)(USUAL | type | memory << USUAL_MEMORY_SHIFT);
        return 1;
    }
    bool line_ends = layout->line_ends.n_removed > 0, small = is_small(layout);
    bool arranged = layout->arrangement.speech.n_segments > 0;
    bool restated = layout->recalls && layout->restate.used;
    out[n++] = (uint8_t)((layout->memory_log2 - CONTEXT_MEMORY_LOG2_MIN) |
                         (layout->unmixed ? FLAG_UNMIXED : 0) | (line_ends ? FLAG_LINE_ENDS : 0) |
                         (small ? FLAG_SMALL : 0) | (layout->primed ? FLAG_PRIMED : 0));
    out[n++] = (uint8_t)((unsigned)layout->type | (layout->referenced ? FLAG_REFERENCE : 0) |
                         (layout->recoding.n_stretches > 0 ? FLAG_RECODED : 0) |
                         (has_kv_kind(layout) ? FLAG_KV_KIND : 0) | (arranged ? FLAG_ARRANGED : 0) |
                         (layout->recalls ? RECALLS : 0) | (restated ? FLAG_RESTATED : 0));
    if (layout->referenced)
        out[n++] = (uint8_t)(layout->model_part | layout->reading.part << PART_SHIFT);
    n += pack_kv(out + n, layout);
    if (restated)
        n += tar_restate_pack(out + n, &layout->restate);
    if (line_ends)
        n += line_ends_pack(out + n, &layout->line_ends);
    if (layout->recoding.n_stretches > 0)
        n += recoding_pack(out + n, &layout->recoding);
    if (arranged)
        n += arrangement_pack(out + n, &layout->arrangement);
    if (small)
        return n;
    n += varint_put(out + n, layout->first_token);
    n += varint_put(out + n, layout->n_context);
    n += varint_put(out + n, layout->n_streams);
    for (uint32_t i = 0; i + 1 < layout->n_streams; i++)
        n += varint_put(out + n, layout->n_bytes[i]);
    return n;
}

/* n: bytes of content without the CRs removed. */
static enum tacit_status read_recoding(struct varint_reader *r, bool recoded, uint32_t n,
                                       struct language_layout *layout)
{
    layout->n_recoded = n;
    layout->recoding.n_stretches = 0;
    if (!recoded)
        return TACIT_OK;
    TRY(recoding_parse(r, n, &layout->recoding));
    layout->n_recoded = layout->recoding.n_bytes;
    return TACIT_OK;
}

/* n: bytes of content, recoded. */
static enum tacit_status read_arrangement(struct varint_reader *r, bool arranged, uint32_t n,
                                          struct language_layout *layout)
{
    layout->n_spoken = layout->n_arranged = n;
    layout->arrangement.tar.n_headers = layout->arrangement.speech.n_segments = 0;
    if (!arranged)
        return TACIT_OK;
    TRY(arrangement_parse(r, n, &layout->arrangement));
    layout->n_spoken = speech_n_spoken(&layout->arrangement.speech);
    layout->n_arranged = n - layout->arrangement.tar.n_removed;
    return TACIT_OK;
}

/* The last stream takes the rest. */
static enum tacit_status read_streams(struct varint_reader *r, uint32_t n_left,
                                      struct language_layout *layout)
{
    for (uint32_t i = 0; i + 1 < layout->n_streams; i++) {
        TRY(varint_read(r, &layout->n_bytes[i]));
        if (layout->n_bytes[i] == 0 || layout->n_bytes[i] >= n_left)
            return TACIT_ERR_CORRUPT;
        n_left -= layout->n_bytes[i];
    }
    layout->n_bytes[layout->n_streams - 1] = n_left;
    return TACIT_OK;
}

bool language_layout_is_referenced(const uint8_t *data, size_t n)
{
    return (n > 0 && (data[0] & USUAL) == USUAL) || (n > 1 && (data[1] & FLAG_REFERENCE) != 0);
}

bool language_layout_cuts_text(const uint8_t *data, size_t n)
{
    return language_layout_is_referenced(data, n) || (n > 0 && (data[0] & FLAG_PRIMED));
}

/* How many positions each head keeps. Who knows the model checks the number of heads. */
static enum tacit_status read_heads(struct varint_reader *r, struct kv_heads *heads)
{
    TRY(varint_read(r, &heads->n));
    if (heads->n == 0 || heads->n > KV_HEADS_MAX)
        return TACIT_ERR_CORRUPT;
    for (uint32_t i = 0; i < heads->n; i += 2) {
        if (!kv_heads_set_pair(heads, i, varint_read_byte(r)))
            return TACIT_ERR_CORRUPT;
    }
    return TACIT_OK;
}

/* The byte that names a kind of KV cache, and what stands behind it of the positions that it keeps. Absent for
 * KV_INT8 that keeps all. */
static enum tacit_status read_kv_kind(struct varint_reader *r, bool present,
                                      struct language_layout *layout)
{
    unsigned byte = present ? varint_read_byte(r) : KV_INT8, kind = byte & ~FLAG_KV_KEEP;
    layout->kv_keep = byte & FLAG_KV_KEEP ? varint_read_byte(r) : 0;
    layout->kv_heads.n = 0;
    bool by_head = layout->kv_keep == KEEP_BY_HEAD;
    if (kind >= KV_N_KINDS || (layout->kv_keep > 0 && kind != KV_INT8 && !by_head) ||
        (layout->kv_keep > 99 && !by_head))
        return TACIT_ERR_VERSION;
    layout->kv_kind = (enum kv_kind)kind;
    if (by_head) {
        layout->kv_keep = 0;
        return read_heads(r, &layout->kv_heads);
    }
    if (layout->kv_keep == 0 && byte & FLAG_KV_KEEP)
        return TACIT_ERR_CORRUPT;
    return present && byte == KV_INT8 ? TACIT_ERR_CORRUPT : TACIT_OK;
}

/* Whether flags stand for nothing in this version, one by one or together. flags: of the second byte. */
static bool has_reserved(unsigned first, unsigned flags, const struct language_layout *layout)
{
    bool changed = flags & FLAG_RECODED || first & FLAG_LINE_ENDS, arranged = flags & FLAG_ARRANGED;
    if ((first & MEMORY_MASK) > CONTEXT_MEMORY_LOG2_MAX - CONTEXT_MEMORY_LOG2_MIN)
        return true;
    if (layout->referenced && (layout->primed || layout->unmixed || changed || arranged))
        return true;
    return arranged && layout->unmixed;
}

/* The second byte. What is reserved is seen before the bytes behind it are read, which may then mean something else. *flags: its
 * flags, but for those that together mean that the block recalls, and whether it is restated. */
static enum tacit_status read_type(struct varint_reader *r, unsigned first,
                                   struct language_layout *layout, unsigned *flags)
{
    unsigned byte = varint_read_byte(r), type = byte & TYPE_MASK;
    layout->type = (enum content_type)type;
    layout->unmixed = first & FLAG_UNMIXED;
    layout->primed = first & FLAG_PRIMED;
    layout->referenced = byte & FLAG_REFERENCE;
    layout->recalls = (byte & RECALLS) == RECALLS;
    layout->restate.used = layout->recalls && byte & FLAG_RESTATED;
    *flags = layout->recalls ? byte & FLAG_KV_KIND : byte & ~(unsigned)TYPE_MASK;
    return type >= CONTENT_N_TYPES || content_has_rows(layout->type) ||
                   has_reserved(first, *flags, layout)
               ? TACIT_ERR_VERSION
               : TACIT_OK;
}

/* Bytes of a reference, of a kind of KV cache and of restated headers. */
static enum tacit_status read_reading(struct varint_reader *r, struct byte_view reference,
                                      unsigned flags, struct language_layout *layout)
{
    unsigned reading = layout->referenced ? varint_read_byte(r) : 0;
    layout->model_part = reading & MODEL_PART_MASK;
    layout->reading = (struct reference_reading){layout->type, reading >> PART_SHIFT};
    TRY(read_kv_kind(r, flags & FLAG_KV_KIND, layout));
    if (layout->recalls && reference.n == 0)
        return TACIT_ERR_REFERENCE_MISSING;
    return layout->restate.used ? tar_restate_parse(r, reference, &layout->restate) : TACIT_OK;
}

enum tacit_status language_layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                                        const struct tacit_reference *reference,
                                        struct language_layout *layout, size_t *n_layout)
{
    struct varint_reader r = {data, n, 0};
    unsigned first = varint_read_byte(&r), flags;
    *n_layout = 1;
    if (n > 0 && (first & USUAL) == USUAL)
        return read_usual(first, content_size, layout);
    TRY(read_type(&r, first, layout, &flags));
    TRY(read_reading(&r, reference_bytes(reference), flags, layout));
    layout->versed = false;
    layout->line_ends.n_removed = 0;
    if (first & FLAG_LINE_ENDS) {
        TRY(line_ends_parse(&r, content_size, &layout->line_ends));
        content_size -= layout->line_ends.n_removed;
    }
    TRY(read_recoding(&r, flags & FLAG_RECODED, content_size, layout));
    TRY(read_arrangement(&r, flags & FLAG_ARRANGED, layout->n_recoded, layout));
    layout->first_token = SMALL_FIRST_TOKEN;
    layout->n_context = SMALL_CONTEXT;
    layout->n_streams = 1;
    if (!(first & FLAG_SMALL)) {
        TRY(varint_read(&r, &layout->first_token));
        TRY(varint_read(&r, &layout->n_context));
        TRY(varint_read(&r, &layout->n_streams));
    }
    if (layout->n_context == 0 || layout->n_context > TACIT_CONTEXT_MAX || layout->n_streams == 0 ||
        layout->n_streams > TACIT_STREAMS_MAX || content_size == 0)
        return TACIT_ERR_CORRUPT;
    if ((layout->primed || layout->recalls) && layout->n_streams > 1)
        return TACIT_ERR_VERSION;
    layout->memory_log2 = CONTEXT_MEMORY_LOG2_MIN + (first & MEMORY_MASK);
    TRY(read_streams(&r, layout->n_spoken, layout));
    *n_layout = r.pos;
    return r.pos > n ? TACIT_ERR_CORRUPT : TACIT_OK;
}
