/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/recoding_kind.h"

#include <string.h>

#include "base/try.h"

enum { LONG_OFFSET = 8 /* digits; with more of them the first offset may have 64 bits */ };

static bool has_lines(const struct recoding_kind *kind)
{
    unsigned form = recoding_form(kind);
    return (form == RECODING_BASE64 || form == RECODING_HEX) && kind->code & DIGITS_LINES;
}

static size_t put_layout(uint8_t *out, const struct recoding_kind *kind)
{
    const struct dump_layout *d = &kind->dump;
    size_t n = 0;
    bool words = recoding_form(kind) == RECODING_WORDS;
    unsigned parts_log2 = words ? d->words.bytes_log2 : d->group_log2;
    out[n++] = (uint8_t)((d->n_digits - 1) | d->base << 4 | d->colon << 6 | d->middle << 7);
    out[n++] = (uint8_t)((kind->line - 1) | parts_log2 << 6);
    out[n++] = (uint8_t)((d->n_behind - 1) | (d->n_before - 1) << 3 | d->text << 6);
    if (words)
        out[n++] = (uint8_t)(d->words.digits | d->words.big_endian << 3 | d->words.cut << 4 |
                             d->words.filled << 5 | (d->words.gap - 1) << 6);
    n += varint_put(out + n, (uint32_t)d->start);
    if (d->n_digits > LONG_OFFSET)
        n += varint_put(out + n, (uint32_t)(d->start >> 32));
    out[n++] = kind->n_separator;
    memcpy(out + n, kind->separator, kind->n_separator);
    return n + kind->n_separator;
}

size_t recoding_kind_put(uint8_t *out, const struct recoding_kind *kind)
{
    size_t n = 0;
    out[n++] = kind->code;
    if (recoding_is_dump(kind))
        return n + put_layout(out + n, kind);
    if (!has_lines(kind))
        return n;
    n += varint_put(out + n, kind->line - 1);
    out[n++] = (uint8_t)(kind->n_separator - 1);
    memcpy(out + n, kind->separator, kind->n_separator);
    return n + kind->n_separator;
}

static void read_separator(struct varint_reader *r, struct recoding_kind *kind)
{
    for (unsigned i = 0; i < kind->n_separator; i++)
        kind->separator[i] = varint_read_byte(r);
}

static enum tacit_status read_words(struct varint_reader *r, struct recoding_kind *kind)
{
    unsigned layout = varint_read_byte(r), bytes_log2 = kind->dump.group_log2;
    kind->dump.words = (struct dump_words){.bytes_log2 = (uint8_t)bytes_log2,
                                           .digits = (enum word_digits)(layout & 7),
                                           .big_endian = layout >> 3 & 1,
                                           .cut = layout >> 4 & 1,
                                           .filled = layout >> 5 & 1,
                                           .gap = (uint8_t)((layout >> 6) + 1)};
    kind->dump.group_log2 = 0;
    if (kind->dump.middle || kind->dump.words.digits >= N_WORD_DIGITS)
        return TACIT_ERR_VERSION;
    return kind->line % (1u << bytes_log2) == 0 ? TACIT_OK : TACIT_ERR_CORRUPT;
}

static enum tacit_status read_layout(struct varint_reader *r, struct recoding_kind *kind)
{
    unsigned offset = varint_read_byte(r), line = varint_read_byte(r), blanks = varint_read_byte(r);
    uint32_t low, high = 0;
    kind->line = (line & 63) + 1;
    kind->dump = (struct dump_layout){
        .n_digits = (uint8_t)((offset & 15) + 1),
        .base = (enum dump_base)(offset >> 4 & 3),
        .colon = offset >> 6 & 1,
        .n_behind = (uint8_t)((blanks & 7) + 1),
        .group_log2 = (uint8_t)(line >> 6),
        .middle = offset >> 7,
        .n_before = (uint8_t)((blanks >> 3 & 7) + 1),
        .text = (enum dump_text)(blanks >> 6),
    };
    if (kind->dump.base > DUMP_DECIMAL)
        return TACIT_ERR_VERSION;
    if (recoding_form(kind) == RECODING_WORDS)
        TRY(read_words(r, kind));
    TRY(varint_read(r, &low));
    if (kind->dump.n_digits > LONG_OFFSET)
        TRY(varint_read(r, &high));
    kind->dump.start = (uint64_t)high << 32 | low;
    kind->n_separator = varint_read_byte(r);
    if (kind->n_separator > RECODING_SEPARATOR_MAX)
        return TACIT_ERR_CORRUPT;
    read_separator(r, kind);
    return TACIT_OK;
}

enum tacit_status recoding_kind_read(struct varint_reader *r, struct recoding_kind *kind)
{
    static const uint8_t flags_of_form[] = {UNICODE_FLAGS, BASE64_FLAGS, HEX_FLAGS,
                                            DUMP_FLAGS,    DUMP_FLAGS,   0};
    *kind = (struct recoding_kind){.code = varint_read_byte(r)};
    unsigned form = recoding_form(kind), flags = kind->code & ~(unsigned)RECODING_FORM_MASK;
    if (form > RECODING_DICTIONARY || flags & ~(unsigned)flags_of_form[form >> 4])
        return TACIT_ERR_VERSION;
    if (recoding_is_dump(kind))
        return read_layout(r, kind);
    if (!has_lines(kind))
        return TACIT_OK;
    TRY(varint_read(r, &kind->line));
    kind->n_separator = varint_read_byte(r);
    if (kind->line >= RECODING_LINE_MAX || kind->n_separator >= RECODING_SEPARATOR_MAX)
        return TACIT_ERR_CORRUPT;
    kind->line++;
    kind->n_separator++;
    read_separator(r, kind);
    return TACIT_OK;
}
