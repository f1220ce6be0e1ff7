/* SPDX-License-Identifier: Apache-2.0
 *
 * TIFF and BigTIFF, of either byte order, without compression: gray, RGB or RGBA of 8 or 16 bits, gray of 32, floats of 32. The strips
 * of a page, or its tiles, follow each other, and so do pages of the same form; a page is listed in a directory that lies anywhere in the
 * file.
 */
#include "content/header/content_header.h"

#include <string.h>

#include "base/bytes.h"

enum { HEAD = 8, ENTRIES_MAX = 256, PAGES_MAX = 1024, STRIPS_MAX = 1 << 14 };
enum { TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_LONG8 = 16 };
enum { FORMAT_UNSIGNED = 1, FORMAT_SIGNED = 2, FORMAT_FLOAT = 3 };

struct tiff {
    const uint8_t *data;
    size_t n;
    bool big_endian;
    unsigned word;     /* bytes of an offset: 4, of BigTIFF 8 */
    unsigned n_strips; /* looked at so far */
};

/* Values of one field of a directory. */
struct values {
    uint64_t n, at; /* in the file */
    unsigned size;  /* 2, 4 or 8 bytes each; 0: there is no such field, or it has another type */
};

struct page {
    struct values width, height, bits, compression, offsets, samples, sizes, planar, tile_width,
        tile_offsets, tile_sizes, format;
    uint64_t next; /* directory; 0: none */
};

static uint64_t load(const struct tiff *t, uint64_t at, unsigned n_bytes)
{
    uint64_t value = 0;
    if (at > t->n || n_bytes > t->n - at)
        return 0;
    for (unsigned k = 0; k < n_bytes; k++)
        value = value << 8 | t->data[at + (t->big_endian ? k : n_bytes - 1 - k)];
    return value;
}

/* A field's i-th value; otherwise if there is none. */
static uint64_t value_of(const struct tiff *t, const struct values *v, uint32_t i,
                         uint32_t otherwise)
{
    return i < v->n && v->size != 0 ? load(t, v->at + (uint64_t)i * v->size, v->size) : otherwise;
}

static unsigned size_of_type(uint64_t type)
{
    return type == TYPE_SHORT ? 2 : type == TYPE_LONG ? 4 : type == TYPE_LONG8 ? 8 : 0;
}

static void take_field(const struct tiff *t, struct page *page, uint64_t at)
{
    struct values *const fields[] = {&page->width,        &page->height,     &page->bits,
                                     &page->compression,  &page->offsets,    &page->samples,
                                     &page->sizes,        &page->planar,     &page->tile_width,
                                     &page->tile_offsets, &page->tile_sizes, &page->format};
    static const uint16_t tags[] = {256, 257, 258, 259, 273, 277, 279, 284, 322, 324, 325, 339};
    uint64_t tag = load(t, at, 2);
    struct values v = {load(t, at + 4, t->word), at + 4 + t->word,
                       size_of_type(load(t, at + 2, 2))};
    if (v.size != 0 && v.n > t->word / v.size)
        v.at = load(t, v.at, t->word);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag == tags[i])
            *fields[i] = v;
}

static bool read_page(const struct tiff *t, uint64_t at, struct page *page)
{
    unsigned n_count = t->word == 8 ? 8 : 2, n_entry = 4 + 2 * t->word;
    *page = (struct page){.next = 0};
    uint64_t n_entries = load(t, at, n_count);
    if (at < HEAD || n_entries == 0 || n_entries > ENTRIES_MAX || at > t->n ||
        n_count + n_entries * n_entry > t->n - at)
        return false;
    for (uint64_t i = 0; i < n_entries; i++)
        take_field(t, page, at + n_count + i * n_entry);
    page->next = load(t, at + n_count + n_entries * n_entry, t->word);
    if (value_of(t, &page->tile_width, 0, 0) >
        0) { /* one behind the other they are as wide as one */
        page->width = page->tile_width;
        page->offsets = page->tile_offsets;
        page->sizes = page->tile_sizes;
    }
    return true;
}

/* Of 16 bits. */
static enum content_type deep_type(bool big_endian, unsigned n_planes, bool is_signed)
{
    if (n_planes == 3)
        return big_endian ? CONTENT_IMAGE48B : CONTENT_IMAGE48;
    if (n_planes == 4)
        return big_endian ? CONTENT_IMAGE64B : CONTENT_IMAGE64;
    if (n_planes != 1)
        return CONTENT_DEFAULT;
    if (is_signed)
        return big_endian ? CONTENT_IMAGE16_SIGNEDB : CONTENT_IMAGE16_SIGNED;
    return big_endian ? CONTENT_IMAGE16B : CONTENT_IMAGE16;
}

/* CONTENT_DEFAULT: none. */
static enum content_type type_of(const struct tiff *t, const struct page *page, unsigned n_planes)
{
    uint64_t bits = value_of(t, &page->bits, 0, 1);
    uint64_t format = value_of(t, &page->format, 0, FORMAT_UNSIGNED);
    bool whole = format == FORMAT_UNSIGNED || format == FORMAT_SIGNED;
    if (value_of(t, &page->compression, 0, 1) != 1)
        return CONTENT_DEFAULT;
    if (bits == 8)
        return n_planes == 1   ? CONTENT_IMAGE8
               : n_planes == 3 ? CONTENT_IMAGE24
               : n_planes == 4 ? CONTENT_IMAGE32
                               : CONTENT_DEFAULT;
    if (bits == 16 && whole)
        return deep_type(t->big_endian, n_planes, format == FORMAT_SIGNED);
    if (bits == 32 && whole && n_planes == 1)
        return CONTENT_IMAGE32;
    if (bits == 32 && format == FORMAT_FLOAT)
        return t->big_endian ? CONTENT_AUDIO_FLOATB : CONTENT_AUDIO_FLOAT;
    return CONTENT_DEFAULT;
}

/* The bytes of the page's strips that follow each other. */
static uint64_t follow_strips(struct tiff *t, const struct page *page)
{
    uint64_t start = value_of(t, &page->offsets, 0, 0), end = start;
    for (uint32_t i = 0; i < page->offsets.n && t->n_strips < STRIPS_MAX; i++, t->n_strips++) {
        uint64_t size = value_of(t, &page->sizes, i, 0);
        if (value_of(t, &page->offsets, i, 0) != end || end > t->n || size > UINT32_MAX)
            break;
        end += size;
    }
    return end - start;
}

static bool set_page(struct tiff *t, const struct page *page, struct content_header *h)
{
    uint64_t samples = value_of(t, &page->samples, 0, 1), start = value_of(t, &page->offsets, 0, 0);
    unsigned n_planes =
        value_of(t, &page->planar, 0, 1) == 2 || samples > 8 ? 1 : (unsigned)samples;
    enum content_type type = type_of(t, page, n_planes);
    uint64_t width = value_of(t, &page->width, 0, 0), height = value_of(t, &page->height, 0, 0);
    if (type == CONTENT_DEFAULT || width > CONTENT_STRIDE_MAX || start < HEAD || start > t->n)
        return false;
    uint64_t stride = width * n_planes * (value_of(t, &page->bits, 0, 1) / 8);
    uint64_t n_bytes = follow_strips(t, page);
    if (stride == 0 || n_bytes / stride < 2 ||
        !content_header_set_image(h, type, stride, height, (size_t)start))
        return false;
    if (CONTENT_BIT(type) & CONTENT_AUDIO)
        h->content.stride *= n_planes;
    h->n_bytes = n_bytes / stride * stride;
    return true;
}

/* Further pages of the same form that lie directly behind. */
static void add_pages(struct tiff *t, uint64_t next, struct content_header *h)
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
    struct tiff t = {data, n, n > 0 && data[0] == 'M', 4, 0};
    struct page page;
    if (n < 2 * HEAD || memcmp(data, t.big_endian ? "MM" : "II", 2) != 0)
        return false;
    bool big = load(&t, 2, 2) == 43 && load(&t, 4, 2) == 8 && load(&t, 6, 2) == 0;
    t.word = big ? 8 : 4;
    if ((!big && load(&t, 2, 2) != 42) || !read_page(&t, load(&t, t.word, t.word), &page) ||
        !set_page(&t, &page, header))
        return false;
    add_pages(&t, page.next, header);
    return true;
}
