/* SPDX-License-Identifier: Apache-2.0 */
#include "content/header/content_header.h"

#include <string.h>

#include "base/bytes.h"

enum { NUMBER_MAX = 1 << 24, SCAN_MAX = 4096 };

bool content_header_set_image(struct content_header *h, enum content_type type, uint64_t stride,
                              uint64_t n_rows, size_t header_size)
{
    bool sound = content_samples(type).n_bytes != 0 && content_samples(type).n_planes == 0;
    struct content content = {type, sound ? content_samples(type).n_bytes : (uint32_t)stride, 0};
    if (stride < 16 || stride > CONTENT_STRIDE_MAX || n_rows < 2 || n_rows > CONTENT_ROWS_MAX ||
        !content_is_valid(&content))
        return false;
    *h = (struct content_header){content, header_size, stride * n_rows};
    return true;
}

/* Samples of a byte. */
static enum content_type image_type(unsigned n_planes)
{
    return n_planes == 1 ? CONTENT_IMAGE8 : n_planes == 3 ? CONTENT_IMAGE24 : CONTENT_IMAGE32;
}

/* Reads a decimal number of a PNM header after blanks and comments; 0: none. Moves *pos behind the
 * number. */
static uint32_t pnm_number(const uint8_t *data, size_t n, size_t *pos)
{
    size_t i = *pos;
    uint32_t number = 0;
    while (i < n && (data[i] == ' ' || (data[i] >= '\t' && data[i] <= '\r') || data[i] == '#')) {
        if (data[i] == '#')
            while (i < n && data[i] != '\n')
                i++;
        else
            i++;
    }
    for (; i < n && data[i] >= '0' && data[i] <= '9'; i++) {
        number = number * 10 + (data[i] - '0');
        if (number > NUMBER_MAX)
            return 0;
    }
    *pos = i;
    return number;
}

/* Samples of 8 bits, or of more in two bytes. */
static bool set_pnm(struct content_header *h, const uint32_t *size, unsigned n_planes,
                    uint32_t largest, size_t header_size)
{
    unsigned n_bytes = largest > 255 ? 2 : 1;
    if (largest < 255 || largest > 65535 || n_planes == 0 || n_planes == 2 || n_planes > 4)
        return false;
    enum content_type type = n_bytes == 1    ? image_type(n_planes)
                             : n_planes == 3 ? CONTENT_IMAGE48B
                             : n_planes == 4 ? CONTENT_IMAGE64B
                                             : CONTENT_IMAGE16B;
    return content_header_set_image(h, type, (uint64_t)size[0] * n_planes * n_bytes, size[1],
                                    header_size);
}

/* PF (colour), Pf (gray) of floats: width, height and a number that is negative if they are little-endian. */
static bool find_pfm(const uint8_t *data, size_t n, struct content_header *h)
{
    size_t pos = 2;
    if (n > SCAN_MAX)
        n = SCAN_MAX;
    if (n < 8 || data[0] != 'P' || (data[1] | 32) != 'f')
        return false;
    uint32_t n_planes = data[1] == 'F' ? 3 : 1;
    uint32_t width = pnm_number(data, n, &pos), height = pnm_number(data, n, &pos);
    const uint8_t *scale = data + pos + 1, *end = pos < n ? memchr(scale, '\n', n - pos - 1) : NULL;
    if (width == 0 || end == NULL ||
        !content_header_set_image(h, *scale == '-' ? CONTENT_AUDIO_FLOAT : CONTENT_AUDIO_FLOATB,
                                  (uint64_t)width * n_planes * 4, height, (size_t)(end - data) + 1))
        return false;
    h->content.stride *= n_planes;
    return true;
}

/* P4 (bits), P5 (gray), P6 (RGB): width, height, and but for P4 the largest value. */
static bool find_pnm(const uint8_t *data, size_t n, struct content_header *h)
{
    size_t pos = 2;
    if (n < 8 || data[0] != 'P' || (data[1] < '4' || data[1] > '6'))
        return false;
    if (n > SCAN_MAX)
        n = SCAN_MAX;
    uint32_t width = pnm_number(data, n, &pos), height = pnm_number(data, n, &pos);
    if (width == 0 || height == 0)
        return false;
    if (data[1] == '4') {
        *h = (struct content_header){
            {CONTENT_IMAGE1, (width + 7) / 8, 0}, pos + 1, (uint64_t)((width + 7) / 8) * height};
        return width <= CONTENT_ROWS_MAX && height <= CONTENT_ROWS_MAX;
    }
    uint32_t largest = pnm_number(data, n, &pos), size[] = {width, height};
    return set_pnm(h, size, data[1] == '6' ? 3 : 1, largest, pos + 1);
}

static bool begins_with(const uint8_t *data, size_t n, const char *text)
{
    return n >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

/* P7: lines of a name and a value up to ENDHDR. */
static bool find_pam(const uint8_t *data, size_t n, struct content_header *h)
{
    static const char *const names[] = {"WIDTH ", "HEIGHT ", "DEPTH ", "MAXVAL "};
    uint32_t values[4] = {0};
    if (n > SCAN_MAX)
        n = SCAN_MAX;
    if (!begins_with(data, n, "P7\n"))
        return false;
    for (size_t pos = 3; pos < n; pos++) {
        if (begins_with(data + pos, n - pos, "ENDHDR\n"))
            return set_pnm(h, values, values[2], values[3], pos + 7);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (begins_with(data + pos, n - pos, names[k])) {
                pos += strlen(names[k]);
                values[k] = pnm_number(data, n, &pos);
            }
        while (pos < n && data[pos] != '\n')
            pos++;
    }
    return false;
}

static bool find_bmp(const uint8_t *data, size_t n, struct content_header *h)
{
    if (n < 54 || data[0] != 'B' || data[1] != 'M')
        return false;
    uint32_t start = load_le32(data + 10), width = load_le32(data + 18);
    uint32_t height = load_le32(data + 22), bits = load_le16(data + 28);
    if ((int32_t)height < 0)
        height = 0 - height;
    if (load_le32(data + 14) < 40 || load_le16(data + 26) != 1 || load_le32(data + 30) != 0 ||
        start < 54 || start > SCAN_MAX || width > CONTENT_ROWS_MAX)
        return false;
    if (bits != 8 && bits != 24 && bits != 32)
        return false;
    return content_header_set_image(h, image_type(bits / 8),
                                    ((uint64_t)width * bits / 8 + 3) / 4 * 4, height, start);
}

/* Uncompressed true-colour or gray, without a colour map. */
static bool find_tga(const uint8_t *data, size_t n, struct content_header *h)
{
    if (n < 18 || data[1] != 0 || (data[2] != 2 && data[2] != 3) || load_le32(data + 3) != 0 ||
        data[7] != 0 || load_le32(data + 8) != 0)
        return false;
    unsigned width = load_le16(data + 12), height = load_le16(data + 14), bits = data[16];
    if (bits != (data[2] == 3 ? 8 : 24) && !(data[2] == 2 && bits == 32))
        return false;
    return (data[17] & 0xc0) == 0 &&
           content_header_set_image(h, image_type(bits / 8), (uint64_t)width * bits / 8, height,
                                    18u + data[0]);
}

/* A database of SQLite, which is pages from its first byte on. */
static bool find_sqlite(const uint8_t *data, size_t n, struct content_header *h)
{
    if (n < 100 || memcmp(data, "SQLite format 3", 16) != 0)
        return false;
    uint32_t size = load_be16(data + 16), n_pages = load_be32(data + 28);
    size = size == 1 ? 1u << 16 : size;
    struct content content = {CONTENT_DATABASE, size, 0};
    bool counts = n_pages > 0 && load_be32(data + 24) == load_be32(data + 92);
    *h = (struct content_header){content, 0, counts ? (uint64_t)size * n_pages : UINT64_MAX};
    return content_is_valid(&content);
}

bool content_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    if (n == 0)
        return false;
    switch (data[0]) {
    case 'P':
        return find_pnm(data, n, header) || find_pam(data, n, header) || find_pfm(data, n, header);
    case 'B':
        return find_bmp(data, n, header);
    case 'R':
    case 'F':
    case 'r':
        return sound_header_find(data, n, header);
    case 'I':
    case 'M':
        return tiff_header_find(data, n, header) || find_tga(data, n, header);
    case 'D':
        return dicom_header_find(data, n, header) || find_tga(data, n, header);
    case 'S':
        if (find_sqlite(data, n, header))
            return true;
        /* fall through */
    case 'X':
        return fits_header_find(data, n, header) || find_tga(data, n, header);
    default:
        return find_tga(data, n, header);
    }
}
