/* SPDX-License-Identifier: Apache-2.0 */
#include "context_decoder.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"
#include "predictor.h"
#include "recoding.h"

/* Section 5.3: the arithmetic decoder. Its input is archive[at .. end). */

struct decoder {
    uint64_t low, high, code;
    size_t end;
};

static uint8_t next_byte(const struct decoder *d)
{
    return position < d->end ? archive[position++] : 0;
}

static int decode_bit(struct decoder *d, uint64_t p)
{
    uint64_t range = d->high - d->low;
    uint64_t middle = d->low + range / 4294967296u * p + range % 4294967296u * p / 4294967296u;
    int bit = d->code <= middle;
    if (bit)
        d->high = middle;
    else
        d->low = middle + 1;
    while (d->low >> 56 == d->high >> 56) {
        d->low *= 256;
        d->high = d->high * 256 + 255;
        d->code = d->code * 256 + next_byte(d);
    }
    return bit;
}

/* Section 5: segments. */

struct segment {
    unsigned type;
    int raw;
    uint32_t distance, stride, offset, length;
};

static int has_rows(unsigned type)
{
    return type == 3 || type == 5 || type == 6 || type == 7 || type == 10 || type == 11;
}

static void check_type(const struct segment *s)
{
    require(s->type <= 11, "unknown content type");
    if (!has_rows(s->type))
        return;
    uint32_t least = s->type == 6 ? 3 : s->type == 7 ? 2 : s->type == 10 ? 4 : 1;
    uint32_t most = s->type == 7 ? 16 : 1u << 18;
    require(s->stride >= least && s->stride <= most, "stride out of range");
    require(s->type != 7 || s->stride % 2 == 0, "odd stride of audio");
    require(s->offset < s->stride, "offset is not below stride");
}

/* start: content before the segment; size: the block's; reads: the reference stands before the content. */
static void take_segment(struct segment *s, uint32_t start, uint32_t size, int last, int reads)
{
    unsigned kind = *take(1);
    memset(s, 0, sizeof *s);
    require(kind < 0x40, "reserved bits of a segment");
    s->type = kind & 15;
    s->raw = (kind & 0x10) != 0;
    if (kind & 0x20) {
        require(kind == 0x20, "bits beside copy");
        uint64_t distance = (uint64_t)take_varint() + 1;
        require(distance <= start + (reads ? n_reference : 0), "copy from before the block");
        s->distance = (uint32_t)distance;
    } else if (!s->raw) {
        if (has_rows(s->type)) {
            s->stride = take_varint();
            s->offset = take_varint();
        }
        check_type(s);
    }
    uint64_t length = last ? size - start : (uint64_t)take_varint() + 1;
    require(length >= 1 && length <= size - start, "segments exceed the block");
    s->length = (uint32_t)length;
}

/* Section 5.2: transforms. */

static void undo_x86(uint8_t *d, size_t n)
{
    for (size_t i = 0; i + 7 <= n; i++) {
        size_t k = 0;
        if (d[i] == 0xe8 || d[i] == 0xe9)
            k = 1;
        else if (d[i] == 0x0f && d[i + 1] >= 0x80 && d[i + 1] <= 0x8f)
            k = 2;
        else if (d[i] >= 0x48 && d[i] <= 0x4f &&
                 (d[i + 1] == 0x89 || d[i + 1] == 0x8b || d[i + 1] == 0x8d) &&
                 (d[i + 2] & 0xc7) == 0x05)
            k = 3;
        if (k == 0 || (d[i + k + 3] != 0x00 && d[i + k + 3] != 0xff))
            continue;
        uint32_t v = (uint32_t)number(d + i + k, 4);
        v = (v - (uint32_t)(i + k + 4)) % 0x2000000;
        if (v >= 0x1000000)
            v += 0xfe000000;
        for (int j = 0; j < 4; j++)
            d[i + k + (size_t)j] = (uint8_t)(v >> (8 * j));
    }
}

static void undo_audio(uint8_t *d, size_t n, size_t offset)
{
    for (size_t i = offset; i + 2 <= n; i += 2) {
        uint8_t first = d[i] ^ 0x80;
        d[i] = d[i + 1];
        d[i + 1] = first;
    }
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
    if (s->type == 7)
        undo_audio(to, s->length, s->offset);
}

/* How many CRs were taken out, and which lines had none. */
struct line_list {
    uint32_t n_removed, n_bare, bare[256];
};

static void take_lines(struct line_list *lines, uint32_t size)
{
    uint32_t next = 0;
    uint64_t n_removed = (uint64_t)take_varint() + 1;
    require(n_removed <= size / 2, "more CRs than lines");
    lines->n_removed = (uint32_t)n_removed;
    lines->n_bare = take_varint();
    require(lines->n_bare <= 256, "too many lines without CR");
    for (uint32_t i = 0; i < lines->n_bare; i++) {
        uint32_t gap = take_varint();
        require(gap < size - next, "a line beyond the content");
        lines->bare[i] = next + gap;
        next = lines->bare[i] + 1;
    }
}

static void put_crs(const struct line_list *lines, uint8_t *content, uint32_t size)
{
    uint32_t n_text = size - lines->n_removed, line = 0, listed = 0, n = 0;
    uint8_t *text = allocate(n_text);
    memcpy(text, content, n_text);
    for (uint32_t i = 0; i < n_text; i++) {
        int ends = text[i] == '\n';
        int bare = listed < lines->n_bare && lines->bare[listed] == line;
        require(n + (uint32_t)(ends && !bare) < size, "too many lines");
        if (ends && !bare)
            content[n++] = '\r';
        content[n++] = text[i];
        listed += (uint32_t)(ends && bare);
        line += (uint32_t)ends;
    }
    require(n == size && listed == lines->n_bare, "other lines than listed");
    free(text);
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

/* Sections 5.5 and 5.7: what was done to the content before. */
struct changes {
    struct line_list lines;
    int recoded;
    struct stretches stretches;
    uint32_t text_size; /* without the CRs */
};

/* Returns the bytes that all segments hold. */
static uint32_t take_changes(struct changes *changes, unsigned configuration, uint32_t size)
{
    int lines = (configuration & 0x40) != 0;
    memset(changes, 0, sizeof *changes);
    changes->recoded = (configuration & 0xc0) == 0xc0;
    if (changes->recoded) {
        lines = *take(1);
        require(lines < 2, "reserved bits of what was changed");
    }
    if (lines)
        take_lines(&changes->lines, size);
    changes->text_size = size - changes->lines.n_removed;
    return changes->recoded ? take_stretches(&changes->stretches, changes->text_size)
                            : changes->text_size;
}

/* decoded: what the segments hold, which is content itself if nothing was recoded. */
static void undo_changes(const struct changes *changes, uint8_t *decoded, uint8_t *content,
                         uint32_t size)
{
    if (changes->recoded) {
        write_stretches(&changes->stretches, decoded, content, changes->text_size);
        free(decoded);
    }
    if (changes->lines.n_removed > 0)
        put_crs(&changes->lines, content, size);
}

void decode_context(uint8_t *content, uint32_t size, size_t end)
{
    static struct segment segments[4096];
    unsigned configuration = *take(1);
    uint32_t n = 1, start = 0;
    int reads = (configuration & 0xc0) == 0x80;
    unsigned reading = 0, memory = configuration & 15;
    enum block_strength strength = configuration & 0x10 ? BLOCK_STRONG : BLOCK_QUICK;
    if (memory > 10) {
        memory = memory - 11 + (strength == BLOCK_STRONG ? 5 : 0);
        strength = BLOCK_LEAN;
    }
    require(!reads || n_reference > 0, "the reference is not there");
    if (reads)
        reading = *take(1);
    require((reading & 15) <= 11 && !has_rows(reading & 15), "reading as another type");
    static struct changes changes;
    uint32_t whole_size = size;
    size = take_changes(&changes, configuration, size);
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
    for (uint32_t i = 0; i < n; i++) {
        struct segment *s = &segments[i];
        take_segment(s, start, size, i + 1 == n, reads);
        start += s->length;
        n_raw += s->raw ? s->length : 0;
        if (!s->raw && s->distance == 0)
            types |= 1u << s->type;
    }
    require(position <= end && n_raw <= end - position, "raw bytes exceed the payload");
    const uint8_t *raw = take(n_raw);

    struct decoder d = {0, UINT64_MAX, 0, end};
    for (int i = 0; i < 8; i++)
        d.code = d.code * 256 + next_byte(&d);
    struct predictor *predictor = NULL;
    if (types != 0)
        predictor = make_predictor(strength, memory, types | (reads ? 1u << (reading & 15) : 0),
                                   reads ? n_reference : 0, size);
    if (types != 0 && reads)
        read_reference(predictor, reading);
    for (uint32_t i = 0, at = 0; i < n; at += segments[i++].length)
        decode_any(&d, predictor, &segments[i], content, at, &raw, reads);
    forget();
    undo_changes(&changes, content, whole, whole_size);
}
