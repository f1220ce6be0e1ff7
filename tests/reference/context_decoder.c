/* SPDX-License-Identifier: Apache-2.0 */
#include "context_decoder.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"
#include "coded_bits.h"
#include "content_changes.h"
#include "predictor.h"
#include "recalled.h"
#include "sample_type.h"

/* Section 5: segments. */

struct segment {
    unsigned type;
    int raw;
    uint32_t distance, stride, offset, length;
};

/* start: content before the segment; size: the block's; reads: the reference stands before the content. *trained: -1 until
 * a coded segment said it. */
static void take_segment(struct segment *s, uint32_t start, uint32_t size, int last, int reads,
                         int *trained)
{
    unsigned kind = *take(1);
    memset(s, 0, sizeof *s);
    if (*trained < 0 && kind != 0x20 && !(kind & 0x10)) {
        *trained = kind >> 7;
        kind &= 0x7f;
    }
    require(kind < 0x80, "reserved bits of a segment");
    s->type = stored_type(kind);
    s->raw = (kind & 0x10) != 0;
    if (kind & 0x20) {
        require(kind == 0x20, "bits beside copy");
        uint64_t distance = (uint64_t)take_varint() + 1;
        require(distance <= start + (reads ? n_reference : 0), "copy from before the block");
        note("copy", distance <= start ? 1 : 2);
        s->distance = (uint32_t)distance;
    } else if (!s->raw) {
        if (has_rows(s->type)) {
            s->stride = take_varint();
            s->offset = take_varint();
        }
        check_type(s->type, s->stride, s->offset);
    }
    note("raw", s->raw);
    uint64_t length = last ? size - start : (uint64_t)take_varint() + 1;
    require(length >= 1 && length <= size - start, "segments exceed the block");
    s->length = (uint32_t)length;
}

static void decode_segment(struct decoder *d, struct predictor *predictor, const struct segment *s,
                           uint8_t *to, int reads)
{
    begin_segment(predictor, s->type, s->stride, s->offset);
    for (uint32_t i = 0; i < s->length; i++) {
        to[i] = 0;
        for (int b = 0; b < 8; b++) {
            int bit = decode_bit(d, predict_bit(predictor));
            learn_bit(predictor, bit);
            to[i] = (uint8_t)(to[i] * 2 + bit);
        }
    }
    if (s->type == 4 && !reads)
        undo_x86(to, s->length);
    if (sample_bytes(s->type) > 0)
        undo_samples(s->type, to, s->length, s->offset);
}

/* Section 5.6: reference. */

static void learn(struct predictor *predictor, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int b = 7; b >= 0; b--) {
            predict_bit(predictor);
            learn_bit(predictor, bytes[i] >> b & 1);
        }
}

static void read_reference(struct predictor *predictor, unsigned reading)
{
    unsigned part = reading >> 4;
    size_t n = part == 0 ? n_reference : (size_t)1 << (15 + part);
    size_t n_passed = n < n_reference ? n_reference - n : 0;
    begin_segment(predictor, reading & 15, 0, 0);
    for (size_t i = 0; i < n_passed; i++)
        pass_byte(predictor, reference[i]);
    begin_segment(predictor, reading & 15, 0, 0);
    learn(predictor, reference + n_passed, n_reference - n_passed);
}

/* Where copies lie in the coded bits: decodes from *at on, which moves behind all that is known then. */
static void decode_recalled(struct decoder *d, struct predictor *predictor, const struct segment *s,
                            uint32_t start, uint8_t *content, uint32_t size, uint32_t *at)
{
    uint32_t end = start + s->length;
    if (*at >= end)
        return;
    require(sample_bytes(s->type) == 0,
            "a segment that is transformed beside copies in the coded bits");
    uint32_t behind = *at - start, offset = s->offset;
    if (has_rows(s->type))
        offset = (s->offset + s->stride - behind % s->stride) % s->stride;
    begin_segment(predictor, s->type, s->stride, offset);
    while (*at < end) {
        content[*at] = 0;
        for (int b = 0; b < 8; b++) {
            int bit = decode_bit(d, predict_bit(predictor));
            learn_bit(predictor, bit);
            content[*at] = (uint8_t)(content[*at] * 2 + bit);
        }
        ++*at;
        uint32_t n = recall_behind(d, content, *at, size, 1);
        *at += n;
        uint32_t n_learnt = n < 32 ? n : 32;
        learn(predictor, content + *at - n_learnt, n_learnt);
    }
}

/* to: where the copy goes, start bytes behind the content's first. */
static void decode_copy(const struct segment *s, uint8_t *to, uint32_t start,
                        struct predictor *predictor, int reads)
{
    for (uint32_t j = 0; j < s->length; j++)
        to[j] = s->distance > start + j ? reference[n_reference - (s->distance - start - j)]
                                        : to[(ptrdiff_t)j - (ptrdiff_t)s->distance];
    uint32_t n = s->length < 32 ? s->length : 32;
    if (reads && predictor != NULL)
        learn(predictor, to + s->length - n, n);
}

/* at: where the segment begins in the content; *raw: the raw bytes that are left. */
static void decode_any(struct decoder *d, struct predictor *predictor, const struct segment *s,
                       uint8_t *content, uint32_t at, const uint8_t **raw, int reads)
{
    if (s->raw) {
        memcpy(content + at, *raw, s->length);
        *raw += s->length;
    } else if (s->distance != 0) {
        decode_copy(s, content + at, at, predictor, reads);
    } else {
        decode_segment(d, predictor, s, content + at, reads);
    }
}

/* Returns the bytes that all segments hold. */
static uint32_t take_all_changes(struct changes *changes, unsigned configuration, uint32_t size)
{
    int lines = (configuration & 0xc0) == 0x40, recoded = (configuration & 0xc0) == 0xc0;
    if (recoded) {
        lines = *take(1);
        require(lines < 2, "reserved bits of what was changed");
    }
    return take_changes(changes, lines, recoded, size);
}

void decode_context(uint8_t *content, uint32_t size, size_t end)
{
    static struct segment segments[4096];
    unsigned configuration = *take(1);
    uint32_t n = 1, start = 0;
    int reads = (configuration & 0xc0) == 0x80;
    unsigned reading = 0, more = 0, memory = configuration & 15;
    enum block_strength strength = configuration & 0x10 ? BLOCK_STRONG : BLOCK_QUICK;
    if (memory > 10) {
        memory = memory - 11 + (strength == BLOCK_STRONG ? 5 : 0);
        strength = BLOCK_LEAN;
    }
    require(!reads || n_reference > 0, "the reference is not there");
    note("strength", strength);
    note("context reads reference", reads);
    note("several segments", configuration >> 5 & 1);
    if (reads)
        reading = *take(1);
    if (reading == 15) {
        more = *take(1);
        require(more >= 1 && more <= 3, "reserved bits of a reading");
        reading = *take(1);
    }
    note("context recalls", more & 1);
    note("context restates", more >> 1);
    require((reading & 15) <= 11 && !has_rows(reading & 15), "reading as another type");
    if (more & 2)
        take_restated();
    static struct changes changes;
    uint32_t whole_size = size;
    size = take_all_changes(&changes, configuration, size);
    uint8_t *whole = content;
    if (changes.recoded)
        content = allocate(size);
    if (configuration & 0x20) {
        n = take_varint();
        require(n <= 4094, "too many segments");
        n += 2;
    }
    uint32_t types = 0;
    size_t n_raw = 0;
    int trained = -1;
    for (uint32_t i = 0; i < n; i++) {
        struct segment *s = &segments[i];
        take_segment(s, start, size, i + 1 == n, reads, &trained);
        start += s->length;
        n_raw += s->raw ? s->length : 0;
        require(!(more & 1) || (!s->raw && s->distance == 0),
                "a segment beside copies in the coded bits");
        if (!s->raw && s->distance == 0)
            types |= 1u << s->type;
    }
    require(trained <= 0 || strength == BLOCK_STRONG, "a trained start of other models");
    if (trained > 0 && changes.recoded && has_codes(&changes.stretches))
        trained = 2;
    note("trained", trained > 0 ? (unsigned)trained : 0);
    require(position <= end && n_raw <= end - position, "raw bytes exceed the payload");
    const uint8_t *raw = take(n_raw);

    struct decoder d = begin_bits(end);
    struct predictor *predictor = NULL;
    if (types != 0)
        predictor = make_predictor(strength, memory, types | (reads ? 1u << (reading & 15) : 0),
                                   reads ? n_reference : 0, size, trained);
    if (types != 0 && reads)
        read_reference(predictor, reading);
    uint32_t known = 0;
    if (more & 1)
        begin_recall(size, 0);
    for (uint32_t i = 0, at = 0; (more & 1) && i < n; at += segments[i++].length)
        decode_recalled(&d, predictor, &segments[i], at, content, size, &known);
    for (uint32_t i = 0, at = 0; !(more & 1) && i < n; at += segments[i++].length)
        decode_any(&d, predictor, &segments[i], content, at, &raw, reads);
    forget();
    if (more & 2)
        restore_headers(content, size);
    undo_changes(&changes, content, whole, whole_size);
}
