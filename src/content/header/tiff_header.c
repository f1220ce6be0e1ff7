/* SPDX-License-Identifier: Apache-2.0
 *
 * TIFF, of either byte order, without compression: gray, RGB or RGBA of 8 bits, gray or RGB of 16. The strips of a page
 * follow each other, and so do pages of the same form; a page is listed in a directory that lies anywhere in the file.
 */
#include "content/header/content_header.h"

#include <string.h>

#include "base/bytes.h"

enum { HEAD = 8, ENTRY = 12, ENTRIES_MAX = 256, PAGES_MAX = 1024, STRIPS_MAX = 1 << 14 };
enum { TYPE_SHORT = 3, TYPE_LONG = 4 };

struct tiff {
    const uint8_t *data;
    size_t n;
    bool big_endian;
    unsigned n_strips; /* looked at so far */
};

/* Values of one field of a directory. */
struct values {
    uint32_t n, at; /* in the file */
    unsigned size;  /* 2 or 4 bytes each; 0: there is no such field, or it has another type */
};

struct page {
    struct values width, height, bits, compression, offsets, samples, sizes, planar, format;
    uint32_t next; /* directory; 0: none */
};

static uint32_t load(const struct tiff *t, uint64_t at, unsigned n_bytes)
{
    uint32_t value = 0;
    if (at + n_bytes > t->n)
        return 0;
    for (unsigned k = 0; k < n_bytes; k++)
        value = value << 8 | t->data[at + (t->big_endian ? k : n_bytes - 1 - k)];
    return value;
}

/* A field's i-th value; otherwise if there is none. */
static uint32_t value_of(const struct tiff *t, const struct values *v, uint32_t i,
                         uint32_t otherwise)
{
    return i < v->n && v->size != 0 ? load(t, v->at + (uint64_t)i * v->size, v->size) : otherwise;
}

static void take_field(const struct tiff *t, struct page *page, uint32_t at)
{
    struct values *const fields[] = {&page->width,       &page->height,  &page->bits,
                                     &page->compression, &page->offsets, &page->samples,
                                     &page->sizes,       &page->planar,  &page->format};
    static const uint16_t tags[] = {256, 257, 258, 259, 273, 277, 279, 284, 339};
    uint32_t tag = load(t, at, 2), type = load(t, at + 2, 2);
    struct values v = {load(t, at + 4, 4), at + 8, type == TYPE_SHORT ? 2 : 4};
    if (type != TYPE_SHORT && type != TYPE_LONG)
        v.size = 0;
    if ((uint64_t)v.n * v.size > 4)
        v.at = load(t, at + 8, 4);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag == tags[i])
            *fields[i] = v;
}

static bool read_page(const struct tiff *t, uint32_t at, struct page *page)
{
    *page = (struct page){.next = 0};
    uint32_t n_entries = load(t, at, 2);
    if (at < HEAD || n_entries == 0 || n_entries > ENTRIES_MAX ||
        (uint64_t)at + 2 + n_entries * ENTRY > t->n)
        return false;
    for (uint32_t i = 0; i < n_entries; i++)
        take_field(t, page, at + 2 + i * ENTRY);
    page->next = load(t, (uint64_t)at + 2 + n_entries * ENTRY, 4);
    return true;
}

/* CONTENT_DEFAULT: none. */
static enum content_type type_of(const struct tiff *t, const struct page *page, unsigned n_planes)
{
    uint32_t bits = value_of(t, &page->bits, 0, 1), format = value_of(t, &page->format, 0, 1);
    if (value_of(t, &page->compression, 0, 1) != 1)
        return CONTENT_DEFAULT;
    if (bits == 8)
        return n_planes == 1   ? CONTENT_IMAGE8
               : n_planes == 3 ? CONTENT_IMAGE24
               : n_planes == 4 ? CONTENT_IMAGE32
                               : CONTENT_DEFAULT;
    if (bits != 16 || (format != 1 && format != 2))
        return CONTENT_DEFAULT;
    if (n_planes == 3)
        return t->big_endian ? CONTENT_IMAGE48B : CONTENT_IMAGE48;
    if (n_planes != 1)
        return CONTENT_DEFAULT;
    if (format == 2)
        return t->big_endian ? CONTENT_IMAGE16_SIGNEDB : CONTENT_IMAGE16_SIGNED;
    return t->big_endian ? CONTENT_IMAGE16B : CONTENT_IMAGE16;
}

/* The bytes of the page's strips that follow each other. */
static uint64_t follow_strips(struct tiff *t, const struct page *page)
{
    uint64_t start = value_of(t, &page->offsets, 0, 0), end = start;
    for (uint32_t i = 0; i < page->offsets.n && t->n_strips < STRIPS_MAX; i++, t->n_strips++) {
        if (value_of(t, &page->offsets, i, 0) != end || end > t->n)
            break;
        end += value_of(t, &page->sizes, i, 0);
    }
    return end - start;
}

static bool set_page(struct tiff *t, const struct page *page, struct content_header *h)
{
    uint32_t samples = value_of(t, &page->samples, 0, 1);
    unsigned n_planes = value_of(t, &page->planar, 0, 1) == 2 ? 1 : samples;
    enum content_type type = type_of(t, page, n_planes);
    uint64_t width = value_of(t, &page->width, 0, 0), height = value_of(t, &page->height, 0, 0);
    uint64_t stride = width * n_planes * (value_of(t, &page->bits, 0, 1) / 8);
    uint64_t n_bytes = follow_strips(t, page);
    if (type == CONTENT_DEFAULT || stride == 0 || n_bytes / stride < 2 ||
        !content_header_set_image(h, type, stride, height, value_of(t, &page->offsets, 0, 0)))
        return false;
    h->n_bytes = n_bytes / stride * stride;
    return h->header_size >= HEAD;
}

/* Further pages of the same form that lie directly behind. */
static void add_pages(struct tiff *t, uint32_t next, struct content_header *h)
{
    struct page page;
    struct content_header more;
    for (unsigned i = 0; i < PAGES_MAX && next != 0 && read_page(t, next, &page); i++) {
        if (!set_page(t, &page, &more) || more.header_size != h->header_size + h->n_bytes ||
            more.content.type != h->content.type || more.content.stride != h->content.stride)
            return;
        h->n_bytes += more.n_bytes;
        next = page.next;
    }
}

bool tiff_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    struct tiff t = {data, n, n > 0 && data[0] == 'M', 0};
    struct page page;
    if (n < HEAD || memcmp(data, t.big_endian ? "MM\0*" : "II*\0", 4) != 0 ||
        !read_page(&t, load(&t, 4, 4), &page) || !set_page(&t, &page, header))
        return false;
    add_pages(&t, page.next, header);
    return true;
}
