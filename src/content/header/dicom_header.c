/* SPDX-License-Identifier: Apache-2.0
 *
 * DICOM, little-endian, its elements with explicit or implicit types, and pixels of 8 or 16 bits without compression. An
 * element is a tag, a length and a value; sequences of unknown length are walked through.
 */
#include "content/header/content_header.h"

#include <string.h>

#include "base/bytes.h"

enum { MARK = 4, TAG = 4, ELEMENTS_MAX = 1024, META = 2, HEAD_MAX = 12, LONG_TYPES = 13 };

#define TAG_OF(group, element) ((uint32_t)(group) << 16 | (element))
#define UNKNOWN_LENGTH         UINT32_MAX
#define IMPLICIT               "1.2.840.10008.1.2"
#define BIG_ENDIAN_SYNTAX      "1.2.840.10008.1.2.2"

struct element {
    uint32_t tag, length;
    size_t value; /* its place */
};

struct picture {
    uint32_t n_planes, planar, n_rows, n_columns, bits, is_signed;
};

/* Types whose length has four bytes, behind two others. */
static bool has_long_length(const uint8_t *type)
{
    static const char types[LONG_TYPES][3] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                              "SV", "UC", "UN", "UR", "UT", "UV"};
    for (int i = 0; i < LONG_TYPES; i++)
        if (memcmp(type, types[i], 2) == 0)
            return true;
    return false;
}

/* At least HEAD_MAX bytes lie at pos. */
static struct element element_at(const uint8_t *data, size_t pos, bool implicit)
{
    const uint8_t *p = data + pos;
    struct element e = {TAG_OF(load_le16(p), load_le16(p + 2)), load_le32(p + 4), pos + 8};
    if (e.tag >> 16 == 0xfffe || (implicit && e.tag >> 16 != META))
        return e;
    if (has_long_length(p + TAG))
        return (struct element){e.tag, load_le32(p + 8), pos + 12};
    e.length = load_le16(p + 6);
    return e;
}

/* Takes what the element says of the picture. */
static void take(struct picture *picture, const struct element *e, const uint8_t *data)
{
    uint32_t *const fields[] = {&picture->n_planes,  &picture->planar, &picture->n_rows,
                                &picture->n_columns, &picture->bits,   &picture->is_signed};
    static const uint16_t elements[] = {0x0002, 0x0006, 0x0010, 0x0011, 0x0100, 0x0103};
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (e->tag == TAG_OF(0x0028, elements[i]) && e->length == 2)
            *fields[i] = load_le16(data + e->value);
}

static bool set_pixels(struct content_header *h, const struct picture *p, const struct element *e)
{
    bool apart = p->planar == 1;
    if ((p->n_planes != 1 && p->n_planes != 3) || (p->bits != 8 && p->bits != 16))
        return false;
    uint32_t n_planes = apart ? 1 : p->n_planes;
    uint64_t stride = (uint64_t)p->n_columns * n_planes * (p->bits / 8);
    enum content_type type = p->bits == 8    ? n_planes == 3 ? CONTENT_IMAGE24 : CONTENT_IMAGE8
                             : n_planes == 3 ? CONTENT_IMAGE48
                             : p->is_signed  ? CONTENT_IMAGE16_SIGNED
                                             : CONTENT_IMAGE16;
    if (!content_header_set_image(h, type, stride, p->n_rows, e->value))
        return false;
    h->n_bytes = e->length / stride * stride;
    return e->length != UNKNOWN_LENGTH;
}

/* Whether the elements behind those of the head have no types; *known: this one can be read. */
static bool is_implicit(const struct element *e, const uint8_t *data, bool *known)
{
    const char *syntax = (const char *)data + e->value;
    size_t n = e->length;
    while (n > 0 && (syntax[n - 1] == 0 || syntax[n - 1] == ' '))
        n--;
    *known = n != sizeof BIG_ENDIAN_SYNTAX - 1 || memcmp(syntax, BIG_ENDIAN_SYNTAX, n) != 0;
    return n == sizeof IMPLICIT - 1 && memcmp(syntax, IMPLICIT, n) == 0;
}

bool dicom_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    struct picture picture = {.n_planes = 1};
    bool implicit = false, known = true;
    unsigned depth = 0; /* of sequences of unknown length */
    size_t pos = MARK;
    if (n < MARK || memcmp(data, "DICM", MARK) != 0)
        return false;
    for (unsigned i = 0; i < ELEMENTS_MAX && n - pos >= HEAD_MAX && known; i++) {
        struct element e = element_at(data, pos, implicit);
        if (depth == 0 && e.tag == TAG_OF(0x7fe0, 0x0010))
            return set_pixels(header, &picture, &e);
        pos = e.value;
        if (e.tag == TAG_OF(0xfffe, 0xe0dd))
            depth -= depth > 0;
        if (e.length == UNKNOWN_LENGTH) { /* a sequence, or an item of one */
            depth += e.tag != TAG_OF(0xfffe, 0xe000);
            continue;
        }
        if (e.length > n - pos)
            return false;
        if (e.tag == TAG_OF(META, 0x0010))
            implicit = is_implicit(&e, data, &known);
        if (depth == 0)
            take(&picture, &e, data);
        pos += e.length;
    }
    return false;
}
