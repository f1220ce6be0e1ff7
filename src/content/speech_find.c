/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary data is found by a score: a byte that no text has, near another such byte, adds to it, and
 * every byte takes a little away. A stretch begins where the score leaves zero and ends where it was
 * highest before it fell by SCORE_DROP. A single separator between fields adds nothing.
 */
#include "content/speech_find.h"

#include <string.h>

#include "content/content_stats.h"

enum {
    SCORE_ODD = 6,    /* added for a byte that no text has, if ... */
    ODD_DISTANCE = 3, /* ... another one lies so near before it */
    SCORE_DROP = 128, /* a gap of so much text divides two stretches */
    SCORE_MIN = 160,  /* some 32 zeros */
    CELL = 64,        /* bytes of digits that are judged together ... */
    CELLS_MIN = 4,    /* ... and so many in a row are a stretch */
    CELL_OTHERS = 2,  /* bytes of a cell that need not be digits */
    SPOKEN_MIN = 48,  /* a shorter spoken gap between silent stretches is silent too */
    TYPED_MIN = 256,  /* shorter stretches are not examined */
};

struct stretch {
    size_t start, end; /* start == end: there is none */
};

struct finder {
    const uint8_t *data;
    size_t n;
    const struct content_segment *split;
    size_t n_split;
    struct speech *speech;
    size_t silent_min;
    size_t done; /* all bytes before it are in segments */
    bool full;
};

/* How many bytes a character of UTF-8 takes that begins at data; 0 if none does. */
static size_t character(const uint8_t *data, size_t n)
{
    unsigned c = data[0];
    size_t length = c < 0x80             ? 1
                    : (c & 0xe0) == 0xc0 ? 2
                    : (c & 0xf0) == 0xe0 ? 3
                    : (c & 0xf8) == 0xf0 ? 4
                                         : 0;
    if ((c < 32 && !(c >= '\t' && c <= '\r') && c != 27) || c == 127 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((data[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* The first stretch of binary data at or behind from. */
static struct stretch find_binary(const uint8_t *data, size_t n, size_t from)
{
    struct stretch best = {n, n};
    size_t start = from, last_odd = SIZE_MAX - ODD_DISTANCE;
    int score = 0, highest = 0;
    for (size_t i = from, length; i < n; i += length) {
        length = character(data + i, n - i);
        int step = -(int)length;
        if (length == 0) {
            bool near = i - last_odd <= ODD_DISTANCE;
            length = 1;
            step = near ? SCORE_ODD - 1 : -1;
            start = near && score == 0 ? last_odd : start;
            last_odd = i;
        }
        score = score + step > 0 ? score + step : 0;
        if (score > highest) {
            highest = score;
            best = (struct stretch){start, i + length};
        } else if (score == 0 || score < highest - SCORE_DROP) {
            if (highest >= SCORE_MIN)
                return best;
            score = highest = 0;
        }
    }
    return highest >= SCORE_MIN ? best : (struct stretch){n, n};
}

/* What the bytes of a cell are. */
struct cell {
    unsigned n_upper, n_lower, n_digits, n_hex, n_signs, n_ends;
};

static bool is_digits(const uint8_t *data)
{
    struct cell k = {0};
    for (unsigned i = 0; i < CELL; i++) {
        unsigned c = data[i];
        k.n_upper += c - 'A' < 26;
        k.n_lower += c - 'a' < 26;
        k.n_digits += c - '0' < 10;
        k.n_hex += (c | 32) - 'a' < 6;
        k.n_signs += c == '+' || c == '/' || c == '=' || c == ',' || c == ';';
        k.n_ends += c == '\n';
    }
    bool all = k.n_upper + k.n_lower + k.n_digits + k.n_signs + k.n_ends + CELL_OTHERS >= CELL;
    bool hex = k.n_digits + k.n_hex + k.n_ends + CELL_OTHERS >= CELL;
    if (k.n_ends > CELL_OTHERS || !all)
        return false;
    return hex ? k.n_digits >= CELL / 3 && k.n_hex >= CELL / 8
               : k.n_upper >= CELL / 5 && k.n_lower >= CELL / 16;
}

static bool is_digit(unsigned c)
{
    return (c | 32) - 'a' < 26 || c - '0' < 10 || c == '+' || c == '/' || c == '=';
}

/* The first stretch of base64, hexadecimal digits or the like at or behind from. */
static struct stretch find_digits(const uint8_t *data, size_t n, size_t from)
{
    size_t n_cells = 0, i = from;
    for (; i + CELL <= n; i += CELL) {
        if (is_digits(data + i))
            n_cells++;
        else if (n_cells >= CELLS_MIN)
            break;
        else
            n_cells = 0;
    }
    if (n_cells < CELLS_MIN)
        return (struct stretch){n, n};
    struct stretch found = {i - n_cells * CELL, i};
    while (found.start > from && is_digit(data[found.start - 1]))
        found.start--;
    while (found.end < n && is_digit(data[found.end]))
        found.end++;
    return found;
}

static bool is_spoken_type(enum content_type type)
{
    return (CONTENT_WORDS & CONTENT_BIT(type)) != 0;
}

static void add(struct finder *f, bool silent, struct content content, size_t n_bytes)
{
    struct speech *s = f->speech;
    if (n_bytes == 0)
        return;
    struct speech_segment *last = s->n_segments > 0 ? &s->segments[s->n_segments - 1] : NULL;
    if (last && !last->silent && !silent) {
        last->n_bytes += (uint32_t)n_bytes;
    } else if (s->n_segments == SPEECH_FOUND_MAX) {
        f->full = true;
    } else {
        s->segments[s->n_segments++] = (struct speech_segment){silent, content, (uint32_t)n_bytes};
    }
}

/* Examines a stretch that the windows took for text. */
static struct content type_of(const uint8_t *data, size_t n, struct content window, size_t skipped)
{
    struct content content = {CONTENT_DEFAULT, 0, 0};
    if (n < TYPED_MIN)
        return content;
    if (!is_spoken_type(window.type))
        return content_behind(&window, (uint32_t)skipped);
    enum content_type type = content_classify(data, n);
    if (!is_spoken_type(type)) /* digits look like words, but are none */
        content.type = type;
    if (content.type != CONTENT_DEFAULT)
        return content;
    content.stride = content_row_length(data, n);
    if (content.stride > 0)
        content.type = CONTENT_RECORDS;
    return content;
}

/* Bytes before the stretch are spoken; the stretch is cut where windows of another type begin. */
static void add_stretch(struct finder *f, struct stretch stretch)
{
    size_t start = 0;
    if (stretch.end - stretch.start < f->silent_min || f->full)
        return;
    if (f->done > 0 && stretch.start - f->done < SPOKEN_MIN)
        stretch.start = f->done;
    add(f, false, (struct content){CONTENT_DEFAULT, 0, 0}, stretch.start - f->done);
    for (size_t i = 0; i < f->n_split && start < stretch.end; i++) {
        size_t end = start + f->split[i].n_bytes;
        size_t from = start > stretch.start ? start : stretch.start;
        size_t to = end < stretch.end ? end : stretch.end;
        if (from < to)
            add(f, true, type_of(f->data + from, to - from, f->split[i].content, from - start),
                to - from);
        start = end;
    }
    f->done = stretch.end;
}

/* Finds the segments of data[.. end) behind the bytes that are in segments. */
static void find_in(struct finder *f, size_t end)
{
    size_t at = f->done;
    struct stretch binary = {at, at}, digits = {at, at};
    while (at < end) {
        if (binary.start <= at && binary.start < end)
            binary = find_binary(f->data, end, at);
        if (digits.start <= at && digits.start < end)
            digits = find_digits(f->data, end, at);
        struct stretch next = binary.start <= digits.start ? binary : digits;
        if (next.start >= end)
            break;
        add_stretch(f, next);
        at = next.end;
    }
}

/* Windows of a known format (images, sound) and of numbers are silent as a whole. */
static void find_all(struct finder *f)
{
    size_t start = 0;
    for (size_t i = 0; i < f->n_split; i++) {
        size_t end = start + f->split[i].n_bytes;
        if (CONTENT_BIT(f->split[i].content.type) &
            (CONTENT_HEADED | CONTENT_BIT(CONTENT_NUMBERS))) {
            find_in(f, start);
            add_stretch(f, (struct stretch){start, end});
        }
        start = end;
    }
    find_in(f, f->n);
    size_t n_left = f->n - f->done;
    bool silent = f->done > 0 && n_left < SPOKEN_MIN;
    add(f, silent, (struct content){CONTENT_DEFAULT, 0, 0}, n_left);
}

void speech_find(struct speech *speech, const uint8_t *data, size_t n,
                 const struct content_segment *split, size_t n_split)
{
    struct finder f;
    size_t silent_min = 1; /* grows beyond n at most, so that the loop ends */
    do {
        f = (struct finder){.data = data,
                            .n = n,
                            .split = split,
                            .n_split = n_split,
                            .speech = speech,
                            .silent_min = silent_min};
        speech->n_segments = 0;
        find_all(&f);
        silent_min = silent_min < 64 ? 64 : silent_min * 4;
    } while (f.full);
    if (speech->n_segments == 1 && !speech->segments[0].silent)
        speech->n_segments = 0;
}
