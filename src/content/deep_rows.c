/* SPDX-License-Identifier: Apache-2.0 */
#include "content/deep_rows.h"

#include <stdlib.h>

enum {
    SAMPLE = 2,               /* bytes */
    N_MIN = 3 << 12,          /* samples that suffice */
    N_MAX = 1 << 16,          /* looked at, in the middle */
    ROW_MIN = 32,             /* samples of a row */
    SLOPE = 3,                /* samples on either side */
    ROUGH = 2048,             /* measured: photographs have 1400, tables of symbols 5000 and more */
    ROW_MAX = 1 << 12,        /* at least three rows are looked at */
    N_FORMS = 8,              /* bits: big-endian, signed, begins at an odd byte */
    CLOSE = 1024,             /* the byte beside the right one makes a photograph 1/200 rougher */
    PLACES = 1024,            /* of which the sample a row above is looked at */
    FAR = 2 * ROW_MAX - 1571, /* a distance that is hardly a number of rows */
};

struct samples {
    int32_t x[N_MAX];
    size_t n;
};

static void read(struct samples *s, const uint8_t *data, size_t n, unsigned form)
{
    unsigned odd = form & 1, low = form >> 2 & 1;
    s->n = (n - odd) / SAMPLE;
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *p = data + odd + i * SAMPLE;
        int32_t value = p[low] | p[1 - low] << 8;
        s->x[i] = form & 2 ? (value ^ 0x8000) - 0x8000 : value;
    }
}

/* Sum over some places of the distance to the sample so many before. */
static uint64_t distance(const struct samples *s, size_t before)
{
    size_t first = 2 * (size_t)ROW_MAX, step = (s->n - first) / PLACES;
    uint64_t sum = 0;
    for (size_t i = first, k = 0; k < PLACES; k++, i += step)
        sum += (uint64_t)labs((long)s->x[i] - s->x[i - before]);
    return sum;
}

/* Of all samples to the one before. */
static uint64_t roughness(const struct samples *s)
{
    uint64_t sum = 0;
    for (size_t i = 1; i < s->n; i++)
        sum += (uint64_t)labs((long)s->x[i] - s->x[i - 1]);
    return sum;
}

/* The same over all places: what lies side by side differs by less than few places tell. */
static uint64_t whole_distance(const struct samples *s, size_t before)
{
    uint64_t sum = 0;
    for (size_t i = 2 * (size_t)ROW_MAX; i < s->n; i++)
        sum += (uint64_t)labs((long)s->x[i] - s->x[i - before]);
    return sum;
}

/* Whether samples are the less alike the further they are from the one so many before. */
static bool is_valley(const struct samples *s, size_t before)
{
    size_t first = before > SLOPE ? before - SLOPE : before, n = before + SLOPE + 1 - first;
    uint64_t d[2 * SLOPE + 1];
    for (size_t k = 0; k < n; k++)
        d[k] = whole_distance(s, first + k) / 16;
    for (size_t k = 1; k < n; k++) {
        bool falls = first + k <= before;
        if (falls ? d[k - 1] * 16 < d[k] * 15 : d[k] * 16 < d[k - 1] * 15)
            return false;
    }
    return true;
}

/* Where both bytes are often the same, they are more likely two samples: gray in pixels of 32 bits. */
static bool is_smooth(const struct samples *s)
{
    size_t n_changes = 0, n_twins = 0;
    for (size_t i = 1; i < s->n; i++) {
        n_changes += s->x[i] != s->x[i - 1];
        n_twins += s->x[i] != 0 && (s->x[i] >> 8 & 0xff) == (s->x[i] & 0xff);
    }
    return n_changes > s->n / 4 && n_twins < s->n / 16 && roughness(s) / s->n < ROUGH &&
           distance(s, 1) < distance(s, FAR) / 3 && is_valley(s, 1);
}

/* Samples that equal the one so many before, at most as many as the widest row that `sharpest` finds. */
static size_t n_equal(const struct samples *s, size_t before)
{
    size_t n = 0;
    for (size_t i = ROW_MAX + SLOPE; i < s->n; i++)
        n += s->x[i] == s->x[i - before];
    return n;
}

/* Whether they are pixels, not fields of records, which are often the same as in the record before. */
static bool is_picture(const struct samples *s, size_t row)
{
    return is_valley(s, row) && n_equal(s, row) <= n_equal(s, 1) + s->n / 32;
}

/* Of the numbers beside this one, the one with the least distance. */
static size_t sharpest(const struct samples *s, size_t row)
{
    size_t best = row;
    uint64_t least = UINT64_MAX;
    for (size_t tried = row - SLOPE; tried <= row + SLOPE; tried++) {
        uint64_t d = whole_distance(s, tried);
        best = d < least ? tried : best;
        least = d < least ? d : least;
    }
    return best;
}

/* Samples of a row, 0: none found. */
static size_t row_length(const struct samples *s)
{
    uint64_t best = UINT64_MAX, sum = 0;
    size_t row = 0;
    for (size_t tried = ROW_MIN; tried < ROW_MAX; tried++) {
        uint64_t d = distance(s, tried);
        sum += d;
        row = d < best ? tried : row;
        best = d < best ? d : best;
    }
    if (best > distance(s, 1) / 2 * 3 || best > sum / (ROW_MAX - ROW_MIN) / 2)
        return 0;
    for (size_t k = ROW_MAX / ROW_MIN; k > 0;
         k--) { /* it may be several rows, and beside the right one */
        size_t part = (row + k / 2) / k;
        if (part < ROW_MIN || distance(s, part) > best + best / 8)
            continue;
        part = sharpest(s, part);
        if (is_picture(s, part))
            return part;
    }
    return 0;
}

bool deep_rows_find(const uint8_t *data, size_t n, struct content *content)
{
    if (n < SAMPLE * N_MIN)
        return false;
    size_t skip = n > SAMPLE * N_MAX ? (n / SAMPLE - N_MAX) / 2 * SAMPLE : 0;
    size_t n_looked = n - skip < SAMPLE * N_MAX ? n - skip : SAMPLE * N_MAX;
    struct samples *s = malloc(sizeof *s);
    unsigned best_form = 0;
    uint64_t best = UINT64_MAX;
    if (s == NULL) /* a hint that is missed costs bytes only */
        return false;
    for (unsigned form = 0; form < N_FORMS; form++) {
        read(s, data + skip, n_looked, form);
        uint64_t d = roughness(s);
        if (d < (form & 1 ? best - best / CLOSE : best)) { /* most begin at an even byte */
            best = d;
            best_form = form;
        }
    }
    read(s, data + skip, n_looked, best_form);
    size_t row = is_smooth(s) ? row_length(s) : 0;
    static const enum content_type types[N_FORMS / 2] = {CONTENT_IMAGE16, CONTENT_IMAGE16_SIGNED,
                                                         CONTENT_IMAGE16B, CONTENT_IMAGE16_SIGNEDB};
    free(s);
    if (row != 0)
        *content = (struct content){types[best_form >> 1], (uint32_t)row * SAMPLE, best_form & 1};
    return row != 0;
}
