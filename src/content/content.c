/* SPDX-License-Identifier: Apache-2.0
 *
 * Splits data at headers of known formats, and the bytes between these into runs of chunks of one
 * type.
 */
#include "content/content.h"

#include "content/content_stats.h"
#include "content/deep_rows.h"
#include "content/header/content_header.h"

enum {
    CHUNK = 1 << 14, /* bytes that are classified together */
};

struct splitter {
    struct content_segment *segments;
    size_t n, max;
};

static bool same_content(const struct content *a, const struct content *b)
{
    return a->type == b->type && a->stride == b->stride;
}

/* Extends the last segment if the types agree or there is no room for another. */
static void add_segment(struct splitter *s, const struct content *content, size_t n_bytes)
{
    if (n_bytes == 0)
        return;
    struct content_segment *last = s->n > 0 ? &s->segments[s->n - 1] : NULL;
    if (last != NULL && (s->n == s->max || (!content_has_rows(content->type) &&
                                            same_content(&last->content, content)))) {
        last->n_bytes += (uint32_t)n_bytes;
        return;
    }
    s->segments[s->n++] = (struct content_segment){*content, (uint32_t)n_bytes};
}

/* A run of binary data, as rows if it has a period. */
static void add_binary(struct splitter *s, const uint8_t *data, size_t n)
{
    struct content content = {CONTENT_DEFAULT, 0, 0};
    uint32_t stride = deep_rows_find(data, n, &content) ? 0 : content_row_length(data, n);
    if (stride != 0) {
        bool bitmap = content_is_bitmap(data, n, stride);
        content = (struct content){bitmap ? CONTENT_IMAGE1 : CONTENT_RECORDS, stride, 0};
    }
    add_segment(s, &content, n);
}

static void add_run(struct splitter *s, const uint8_t *data, size_t n, enum content_type type)
{
    struct content content = {type, 0, 0};
    if (type == CONTENT_DEFAULT)
        add_binary(s, data, n);
    else
        add_segment(s, &content, n);
}

/* Classifies chunk by chunk. A change of type for one chunk only is ignored. */
static void split_by_statistics(struct splitter *s, const uint8_t *data, size_t n)
{
    enum content_type run_type = CONTENT_DEFAULT, last_type = CONTENT_DEFAULT;
    size_t run_start = 0;
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t size = n - start < CHUNK ? n - start : CHUNK;
        enum content_type type = content_classify(data + start, size);
        if (start == 0) {
            run_type = type;
        } else if (type != run_type && type == last_type) {
            size_t run_end = start - CHUNK;
            add_run(s, data + run_start, run_end - run_start, run_type);
            run_start = run_end;
            run_type = type;
        }
        last_type = type;
    }
    add_run(s, data + run_start, n - run_start, run_type);
}

/* Whether a header stands at data and the bytes behind it agree with it. n_bytes is cut to the
 * bytes that there are. */
static bool find_header(const uint8_t *data, size_t n, struct content_header *h)
{
    if (!content_header_find(data, n, h) || h->header_size >= n)
        return false;
    if (h->n_bytes > n - h->header_size)
        h->n_bytes = n - h->header_size;
    return h->n_bytes >= CONTENT_HEADED_MIN &&
           content_fits_rows(&h->content, data + h->header_size, (size_t)h->n_bytes);
}

/* A short header with nothing before it becomes part of the segment behind it. */
static void add_headed(struct splitter *s, const uint8_t *data, size_t gap,
                       struct content_header *h)
{
    size_t front = gap + h->header_size;
    if (s->n == 0 && front < 512) {
        h->content.offset = (uint32_t)(front % h->content.stride);
        h->n_bytes += front;
    } else {
        split_by_statistics(s, data, front);
    }
    add_segment(s, &h->content, (size_t)h->n_bytes);
}

size_t content_split(const uint8_t *data, size_t n, struct content_segment *segments, size_t max)
{
    struct splitter s = {segments, 0, max};
    struct content_header h;
    size_t start = 0;
    for (size_t pos = 0; pos < n; pos++) {
        if (!find_header(data + pos, n - pos, &h))
            continue;
        size_t end = pos + h.header_size + (size_t)h.n_bytes;
        add_headed(&s, data + start, pos - start, &h);
        start = end;
        pos = end - 1;
    }
    split_by_statistics(&s, data + start, n - start);
    return s.n;
}

enum content_type content_commonest(const struct content_segment *split, size_t n_split,
                                    uint32_t among, enum content_type otherwise)
{
    size_t n_of_type[CONTENT_N_TYPES] = {0};
    enum content_type commonest = otherwise;
    for (size_t i = 0; i < n_split; i++)
        n_of_type[split[i].content.type] += split[i].n_bytes;
    for (unsigned i = 0; i < CONTENT_N_TYPES; i++)
        if (among & CONTENT_BIT(i) && n_of_type[i] > n_of_type[commonest])
            commonest = (enum content_type)i;
    return commonest;
}

bool content_is_words(const struct content_segment *split, size_t n_split)
{
    size_t n = 0, n_text = 0;
    for (size_t i = 0; i < n_split; i++) {
        n += split[i].n_bytes;
        n_text += CONTENT_BIT(split[i].content.type) & CONTENT_WORDS ? split[i].n_bytes : 0;
    }
    return n_text > n / 2;
}
