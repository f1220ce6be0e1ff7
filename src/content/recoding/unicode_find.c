/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in UTF-16 holds bytes that text in UTF-8 has not, such as zeros, in every few lines. Cells of bytes without
 * any are passed over. In another cell, a few units decide whether it may be text, for each byte order, width and place of
 * the first byte. From there on, a stretch goes in both directions as long as the score rises or falls little: units
 * that text may have add to it, others take from it, and two bytes that are letters of ASCII count as others,
 * though two letters read as one unit are mostly a Chinese character.
 */
#include "content/recoding/unicode_text.h"

enum {
    CELL = 64,
    PROBED = 8,      /* units in the middle of a cell that all have to be text */
    SCORE_BAD = 8,   /* taken for a unit that no text has */
    SCORE_DROP = 32, /* where the score falls so far, the text has ended */
    EDGE = 3,        /* units */
    UNITS_MIN = 128,
    SURE_MIN = 256, /* of scripts that other data may look like */
    WHOLE_MIN = 16, /* units, if they are all that there is */
};

/* Of a way to read units: the code, and the place of a unit's first byte, modulo the width. */
struct way {
    uint8_t code, place;
};

static const struct way ways[UNICODE_WAYS] = {
    {0, 0},
    {0, 1},
    {UNICODE_BIG_ENDIAN, 0},
    {UNICODE_BIG_ENDIAN, 1},
    {UNICODE_WIDE, 0},
    {UNICODE_WIDE, 1},
    {UNICODE_WIDE, 2},
    {UNICODE_WIDE, 3},
    {UNICODE_WIDE | UNICODE_BIG_ENDIAN, 0},
    {UNICODE_WIDE | UNICODE_BIG_ENDIAN, 1},
    {UNICODE_WIDE | UNICODE_BIG_ENDIAN, 2},
    {UNICODE_WIDE | UNICODE_BIG_ENDIAN, 3},
};

static bool is_ascii_text(uint32_t c)
{
    return c - 0x20 < 0x5f || c == '\n' || c == '\r' || c == '\t';
}

/* Scripts in use; by the upper byte of a code point below 10000. */
static bool is_text(uint32_t point)
{
    static const uint32_t blocks[8] = {/* bit i of word j: points from (32 j + i) << 8 on */
                                       0xc0cf7eff, 0xffff7eff, 0xffffffff, 0xffffffff,
                                       0xffffffff, 0xfffff000, 0x00ffffff, 0xce000000};
    if (point < 0xa0)
        return is_ascii_text(point);
    if (point >= 0x10000)
        return point - 0x1d000 < 0x3000 || point - 0x20000 < 0x10000;
    return (blocks[point >> 13] >> (point >> 8 & 31) & 1) != 0 && point < 0xfff0;
}

/* What the unit at p adds to the score. Halves of a pair count as text, since a stretch is not read in one
 * direction only. */
static int score_of(const uint8_t *p, unsigned code)
{
    uint32_t unit = unicode_unit(p, code);
    if (code & UNICODE_WIDE)
        return is_text(unit) ? 1 : unit <= 0x10ffff ? -SCORE_BAD : -SCORE_DROP - 1;
    if (unit - 0xd835 < 0x10 || unit - 0xdc00 < 0x400 || unit == 0xfeff)
        return 1;
    if (!is_text(unit))
        return -SCORE_BAD;
    if ((unit & 0xff) == 0) /* rare, but a letter of ASCII in the other byte order */
        return -1;
    return unit >> 8 != 0x30 && is_ascii_text(p[0]) && is_ascii_text(p[1]) ? -1 : 1;
}

/* How many units from at on in steps of step bytes make the highest score. The last units before
 * the data's end belong to the text in any case. *n_seen: units looked at; among those behind the result no text is
 * much longer than the score may fall. */
static size_t extend(const uint8_t *data, size_t n_units, size_t at, ptrdiff_t step, unsigned code,
                     size_t *n_seen)
{
    int score = 0, highest = 0;
    size_t best = 0, i = 0;
    const uint8_t *p = data + at;
    for (; i < n_units && score > highest - SCORE_DROP; i++, p += step) {
        int unit = score_of(p, code);
        if (unit < -SCORE_DROP)
            break;
        score += unit;
        if (score > highest) {
            highest = score;
            best = i + 1;
        }
    }
    *n_seen = i;
    return i == n_units && n_units - best <= EDGE ? n_units : best;
}

/* What the code points of a stretch are. */
struct census {
    size_t n_points;
    size_t n_ascii;    /* of them: */
    size_t n_plain;    /* letters, numbers and blanks of ASCII */
    size_t n_blank;    /* blanks and ends of lines */
    size_t n_letters;  /* 80 .. 1fff, other alphabets; */
    size_t n_of[0x20]; /* of them, by the upper byte */
    size_t n_hangul, n_kana;
    size_t n_marks;        /* comma and full stop of Chinese and Japanese */
    size_t n_common[2];    /* of ASCII, kana and marks, at even places and at odd ones */
    size_t n_ends, n_bare; /* ends of lines; those without a CR */
};

static void count_point(struct census *k, uint32_t point, uint32_t before)
{
    bool mark = point - 0x3001 < 2 || point == 0xff0c, kana = point - 0x3040 < 0xc0;
    bool blank = point == ' ' || point == '\n' || point == '\r' || point == '\t';
    k->n_common[k->n_points++ % 2] += point < 0x80 || kana || mark;
    k->n_ascii += point < 0x80;
    k->n_plain += blank || (point | 32) - 'a' < 26 || point - '0' < 10;
    k->n_blank += blank;
    if (point >= 0x80 && point < 0x2000) {
        k->n_letters++;
        k->n_of[point >> 8]++;
    }
    k->n_hangul += point - 0xac00 < 0x2c00;
    k->n_kana += kana;
    k->n_marks += mark;
    k->n_ends += point == '\n';
    k->n_bare += point == '\n' && before != '\r';
}

/* Whether most letters are of one alphabet, or of ASCII. */
static bool is_of_one(const struct census *k)
{
    size_t n_most = k->n_of[0];
    for (unsigned i = 0; i < 0x1f; i++)
        if (k->n_of[i] + k->n_of[i + 1] > n_most)
            n_most = k->n_of[i] + k->n_of[i + 1];
    return n_most >= k->n_letters / 4 * 3 || k->n_letters <= k->n_ascii / 4;
}

/* An alphabet with its blanks. n_least: units that suffice to tell by letters that are not all plain. */
static bool is_alphabetic(const struct census *k, size_t n_least)
{
    size_t n = k->n_ascii + k->n_letters;
    bool sure = k->n_points >= n_least;
    return n >= k->n_points / 8 * 7 && k->n_blank >= n / (sure ? 64 : 32) && k->n_of[0] <= n / 4 &&
           k->n_plain >= k->n_ascii * (sure ? 65 : 80) / 100 && is_of_one(k);
}

/* n_least: units that suffice. */
static bool is_east_asian(const struct census *k, size_t n_least)
{
    size_t n = k->n_points;
    if (n < n_least)
        return false;
    return k->n_marks >= n / 64 + 2 || (k->n_hangul >= n / 2 && k->n_blank >= n / 16) ||
           (k->n_kana >= n / 8 && k->n_ends >= n / 128 + 1);
}

/* Whether every other unit is of another kind: numbers of twice the width. */
static bool is_table(const struct census *k)
{
    return k->n_common[0] / 4 > k->n_common[1] || k->n_common[1] / 4 > k->n_common[0];
}

/* The code with flags for what data[0 .. n) is; 0xff if it is no text. whole: it is all that there is. */
static unsigned describe(const uint8_t *data, size_t n, unsigned code, bool whole)
{
    struct census k = {0};
    size_t n_taken;
    uint32_t point = 0, before;
    for (size_t i = 0; i < n; i += n_taken) {
        before = point;
        point = unicode_point(data + i, n - i, code, &n_taken);
        if (i == 0 && point == 0xfeff)
            code |= UNICODE_MARK;
        else
            count_point(&k, point, before);
    }
    if (k.n_ends > 0 && k.n_bare == 0)
        code |= UNICODE_CRLF;
    size_t n_least = whole || code & UNICODE_MARK ? WHOLE_MIN : SURE_MIN;
    bool text = is_alphabetic(&k, n_least) || is_east_asian(&k, n_least);
    return text && !is_table(&k) ? code : 0xff;
}

/* The text around place, between from and n, as one way reads it. *seen: what lies before it need not be looked at
 * again; from, if nothing was looked at. */
static void try_way(const uint8_t *data, size_t n, size_t from, size_t place, struct way way,
                    struct recoding_found *found, size_t *seen)
{
    size_t width = unicode_width(way.code), at = place + (way.place - place) % width;
    *found = (struct recoding_found){.start = n, .end = n};
    *seen = from;
    if (at + PROBED * width > n)
        return;
    for (size_t i = 0; i < PROBED; i++)
        if (score_of(data + at + i * width, way.code) < -1)
            return;
    size_t n_before = 0, n_seen;
    if (at - from >= width)
        n_before =
            extend(data, (at - from) / width, at - width, -(ptrdiff_t)width, way.code, &n_seen);
    size_t n_behind = extend(data, (n - at) / width, at, (ptrdiff_t)width, way.code, &n_seen);
    *seen = at + n_seen * width;
    found->start = at - n_before * width;
    found->end = at + n_behind * width;
    while (n_before == 0 && found->start < found->end && found->start - from > EDGE * width &&
           score_of(data + found->start, way.code) < 0)
        found->start += width; /* the middle of the cell lay before the text */
}

/* Whether the stretch is long enough, and text; completes it. */
static bool complete(const uint8_t *data, size_t n, unsigned code, struct recoding_found *found)
{
    size_t width = unicode_width(code);
    if (found->start < found->end && unicode_unit(data + found->start, code) == '\n')
        found->start += width; /* of what comes before */
    size_t n_bytes = found->end - found->start, n_units = n_bytes / width;
    bool whole = n - n_bytes < width;
    if (n_units < (whole ? WHOLE_MIN : UNITS_MIN))
        return false;
    code = describe(data + found->start, n_bytes, code, whole);
    found->kind = (struct recoding_kind){.code = (uint8_t)code};
    if (code == 0xff)
        return false;
    found->n_bytes = unicode_to_utf8(code, data + found->start, n_bytes, NULL);
    return true;
}

/* Whether the cell has a control character that text has not. */
static bool is_odd(const uint8_t *cell, size_t n)
{
    unsigned odd = 0;
    for (size_t i = 0; i < n; i++)
        odd |= (cell[i] < 9u) | ((cell[i] - 14u < 18u) & (cell[i] != 27u));
    return odd != 0;
}

/* Of a cell: its zeros, and bytes that are mostly the upper one of two, at even places and at odd ones. */
struct cell {
    size_t n_bytes, n_zeros, n_upper[2];
};

static struct cell weigh(const uint8_t *data, size_t at, size_t n)
{
    struct cell cell = {.n_bytes = n};
    for (size_t i = at; i < at + n; i++) {
        unsigned c = data[i];
        cell.n_zeros += c == 0;
        cell.n_upper[i % 2] +=
            (c < 0x0f) | (c - 0x1e < 0x13) | (c - 0x4e < 0x52) | (c - 0xac < 0x2c) | (c == 0xff);
    }
    return cell;
}

static bool may_be(const struct cell *cell, struct way way)
{
    if (way.code & UNICODE_WIDE)
        return cell->n_zeros >= cell->n_bytes / 16 * 7;
    unsigned upper = (way.place + (way.code & UNICODE_BIG_ENDIAN ? 0u : 1u)) % 2;
    return cell->n_upper[upper] >= cell->n_bytes / 2 * 27 / 32;
}

/* The longest text around the middle of a cell. */
static void try_cell(const uint8_t *data, size_t n, size_t at, size_t tried[UNICODE_WAYS],
                     struct recoding_found *best)
{
    struct cell cell = weigh(data, at, n - at < CELL ? n - at : CELL);
    struct recoding_found found;
    size_t place = cell.n_bytes < CELL ? at : at + CELL / 2;
    *best = (struct recoding_found){.start = n, .end = n};
    for (unsigned i = 0; i < UNICODE_WAYS; i++) {
        if (place < tried[i] || !may_be(&cell, ways[i]))
            continue;
        try_way(data, n, tried[i], place, ways[i], &found, &tried[i]);
        if (found.end - found.start <= best->end - best->start)
            continue;
        if (complete(data, n, ways[i].code, &found))
            *best = found;
    }
}

void unicode_find(struct unicode_finder *finder, const uint8_t *data, size_t n, size_t from,
                  struct recoding_found *found)
{
    size_t *tried = finder->tried;
    for (unsigned i = 0; i < UNICODE_WAYS; i++)
        tried[i] = tried[i] > from ? tried[i] : from;
    *found = (struct recoding_found){.start = n, .end = n};
    for (size_t at = from; at < n && found->start == n; at += CELL)
        if (is_odd(data + at, n - at < CELL ? n - at : CELL))
            try_cell(data, n, at, tried, found);
}
