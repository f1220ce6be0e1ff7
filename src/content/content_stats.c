/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content_stats.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLASSIFY_MIN = 32,     /* bytes that suffice to tell a type */
    ROW_LENGTH_MAX = 2048, /* looked for */
    ROW_SAMPLE = 1 << 16,  /* bytes that suffice for a period */
    ROW_CANDIDATES = 8,
    FIT_SAMPLES = 4096,
    BITMAP_ROW_MIN = 32,
};

struct counts {
    uint32_t byte[256];
    uint32_t n_control; /* bytes that no text has */
    uint32_t n_high;    /* 128 and above */
    uint32_t n_bad_utf8;
    uint32_t n_calls; /* E8 and E9 with an operand near zero */
};

static bool is_control(unsigned c)
{
    return (c < 32 && !(c >= '\t' && c <= '\r') && c != 27) || c == 127;
}

static void count(struct counts *k, const uint8_t *data, size_t n)
{
    unsigned n_follow = 0;
    *k = (struct counts){{0}, 0, 0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        unsigned c = data[i];
        k->byte[c]++;
        if ((c & 0xfe) == 0xe8 && i + 4 < n && (data[i + 4] == 0 || data[i + 4] == 0xff))
            k->n_calls++;
        bool follows = (c & 0xc0) == 0x80;
        k->n_bad_utf8 += follows != (n_follow > 0);
        n_follow = follows              ? n_follow - (n_follow > 0)
                   : (c & 0xe0) == 0xc0 ? 1
                   : (c & 0xf0) == 0xe0 ? 2
                   : (c & 0xf8) == 0xf0 ? 3
                                        : 0;
    }
    for (unsigned c = 0; c < 256; c++) {
        k->n_control += is_control(c) ? k->byte[c] : 0;
        k->n_high += c >= 128 ? k->byte[c] : 0;
    }
}

static bool looks_random(const struct counts *k, size_t n)
{
    uint64_t squares = 0;
    for (unsigned c = 0; c < 256; c++)
        squares += (uint64_t)k->byte[c] * k->byte[c];
    /* Sum of squared counts: n^2 / 256 + n for random bytes; a fifth more at 7.7 bits a byte. */
    return squares * 256 < (uint64_t)n * n * 6 / 5 + (uint64_t)n * 256;
}

static bool looks_like_text(const struct counts *k, size_t n)
{
    if (k->n_control > n / 256)
        return false;
    bool utf8 = k->n_bad_utf8 <= 2 + n / 128;
    return utf8 || k->n_high < n / 4;
}

static bool is_letter(unsigned c)
{
    return (c | 32u) - 'a' < 26;
}

static bool looks_like_markup(const uint8_t *data, size_t n)
{
    uint32_t n_tags = 0;
    for (size_t i = 0; i + 1 < n; i++)
        n_tags += data[i] == '<' && (is_letter(data[i + 1]) || data[i + 1] == '/');
    return n_tags > n / 128;
}

/* A line's beginning, for comparing with the line before. */
struct line {
    const uint8_t *start;
    size_t n;
    uint32_t n_separators; /* of fields */
};

/* How many characters at the beginning are of equal kinds: letters, digits, each other character by
 * itself. */
static size_t common_shape(const struct line *a, const struct line *b)
{
    size_t n = a->n < b->n ? a->n : b->n, i = 0;
    for (; i < n; i++) {
        unsigned c = a->start[i], d = b->start[i];
        bool digits = c - '0' < 10 && d - '0' < 10;
        if (c != d && !digits)
            break;
    }
    return i;
}

static bool lines_agree(const struct line *a, const struct line *b)
{
    bool blank = a->n < 8 || a->start[0] == ' ' || a->start[0] == '\t';
    if (a->n_separators >= 3 && a->n_separators == b->n_separators)
        return true;
    return !blank && common_shape(a, b) >= 6;
}

/* Lines that begin like the line before, or have as many fields: tables, logs. */
static bool looks_like_table(const uint8_t *data, size_t n)
{
    struct line line = {data, 0, 0}, before = {data, 0, 0};
    size_t n_lines = 0, n_bytes = 0, n_agree = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned c = data[i];
        line.n_separators += c == ',' || c == ';' || c == '\t' || c == '|';
        line.n++;
        if (c != '\n')
            continue;
        n_lines++;
        n_bytes += line.n;
        if (lines_agree(&line, &before))
            n_agree += line.n;
        before = line;
        line = (struct line){data + i + 1, 0, 0};
    }
    return n_lines >= 8 && n_bytes > n / 2 && n_agree > n_bytes / 8 * 5;
}

enum content_type content_classify(const uint8_t *data, size_t n)
{
    struct counts k;
    if (n < CLASSIFY_MIN)
        return CONTENT_DEFAULT;
    count(&k, data, n);
    if (looks_like_text(&k, n)) {
        if (looks_like_markup(data, n))
            return CONTENT_MARKUP;
        return looks_like_table(data, n) ? CONTENT_TABLE : CONTENT_TEXT;
    }
    if (looks_random(&k, n))
        return CONTENT_COMPRESSED;
    return k.n_calls > n / 320 ? CONTENT_X86 : CONTENT_DEFAULT;
}

/* Adds to gaps[d] for each byte that has the same distance d to its last two occurrences. */
static void count_gaps(uint32_t *gaps, const uint8_t *data, size_t n)
{
    uint32_t last[256], gap[256] = {0};
    memset(last, 0, sizeof last);
    for (uint32_t i = 1; i < n; i++) {
        unsigned c = data[i];
        uint32_t d = i - last[c];
        last[c] = i;
        if (d == gap[c] && d <= ROW_LENGTH_MAX && d > 1)
            gaps[d]++;
        gap[c] = d;
    }
}

/* Bytes that differ from the one before and equal the one a row above. */
static uint32_t count_repeats(const uint8_t *data, size_t n, uint32_t stride)
{
    uint32_t n_repeats = 0;
    for (size_t i = stride; i < n; i++)
        n_repeats += data[i] == data[i - stride] && data[i] != data[i - 1];
    return n_repeats;
}

uint32_t content_row_length(const uint8_t *data, size_t n)
{
    uint32_t gaps[ROW_LENGTH_MAX + 1] = {0}, best = 0, best_repeats = 0, n_changes = 0;
    if (n > ROW_SAMPLE) {
        data += (n - ROW_SAMPLE) / 2;
        n = ROW_SAMPLE;
    }
    count_gaps(gaps, data, n);
    for (size_t i = 1; i < n; i++)
        n_changes += data[i] != data[i - 1];
    for (int k = 0; k < ROW_CANDIDATES; k++) {
        uint32_t candidate = 2;
        for (uint32_t d = 2; d <= ROW_LENGTH_MAX; d++)
            if (gaps[d] * d > gaps[candidate] * candidate)
                candidate = d;
        gaps[candidate] = 0;
        uint32_t repeats = count_repeats(data, n, candidate);
        /* A multiple of the row's length is taken only if it is much better. */
        if (repeats > best_repeats + best_repeats / 8 ||
            (best % candidate == 0 && repeats > best_repeats - best_repeats / 8)) {
            best = candidate;
            best_repeats = repeats;
        }
    }
    return best_repeats > n_changes / 8 && best_repeats > n / 256 ? best : 0;
}

/* Mostly blank pixels; the others are edges. */
bool content_is_bitmap(const uint8_t *data, size_t n, uint32_t stride)
{
    size_t n_blank = 0;
    for (size_t i = 0; i < n; i++)
        n_blank += data[i] == 0x00 || data[i] == 0xff;
    return stride >= BITMAP_ROW_MIN && n_blank > n / 4 * 3;
}

static unsigned distance_u8(const uint8_t *a, const uint8_t *b)
{
    return (unsigned)abs(*a - *b);
}

/* A float's is proportional to its logarithm; here this does. */
static int64_t sample_at(struct sample_format f, const uint8_t *p)
{
    int64_t sample = 0, sign = f.is_unsigned ? 0 : (int64_t)1 << (8 * f.n_bytes - 1);
    for (unsigned k = 0; k < f.n_bytes; k++)
        sample = sample << 8 | p[f.big_endian ? k : f.n_bytes - 1u - k];
    if (f.is_float)
        return sample & sign ? sign - sample : sample;
    return (sample ^ sign) - sign;
}

bool content_fits_rows(const struct content *content, const uint8_t *data, size_t n)
{
    struct sample_format f = content_samples(content->type);
    bool samples = f.n_bytes != 0;
    size_t stride = content->stride, unit = samples ? f.n_bytes : 1;
    /* A distance at which values should not be close: an odd number of pixels, no whole number of
     * rows. */
    size_t far = 64 * stride + stride / 2 / unit * unit + 37 * unit;
    if (samples && f.n_planes == 0)
        far = 499 * stride;
    if (content->type == CONTENT_IMAGE1 || content->type == CONTENT_RECORDS ||
        content->type == CONTENT_DATABASE)
        return true;
    if (n < far + FIT_SAMPLES / 4)
        return n > 4 * stride;
    uint64_t near_sum = 0, far_sum = 0;
    size_t step = (n - far - unit) / FIT_SAMPLES / unit * unit + unit;
    for (size_t i = far; i + unit <= n; i += step) {
        const uint8_t *p = data + i / unit * unit;
        if (samples) {
            near_sum += (uint64_t)llabs(sample_at(f, p) - sample_at(f, p - stride));
            far_sum += (uint64_t)llabs(sample_at(f, p) - sample_at(f, p - far));
        } else {
            near_sum += distance_u8(p, p - stride);
            far_sum += distance_u8(p, p - far);
        }
    }
    return near_sum <= far_sum / 4 * 3;
}
