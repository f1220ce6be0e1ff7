/* SPDX-License-Identifier: Apache-2.0 */
#include "content/header/content_header.h"

#include "base/bytes.h"

enum { NUMBER_MAX = 1 << 24, SCAN_MAX = 4096 };

bool content_header_set_image(struct content_header *h, enum content_type type, uint64_t stride,
                              uint64_t n_rows, size_t header_size)
{
    struct content content = {type, (uint32_t)stride, 0};
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
    uint32_t largest = pnm_number(data, n, &pos);
    if (largest < 255 || largest > 65535)
        return false;
    unsigned n_planes = data[1] == '6' ? 3 : 1;
    if (largest == 255)
        return content_header_set_image(h, image_type(n_planes), (uint64_t)width * n_planes, height,
                                        pos + 1);
    return content_header_set_image(h, n_planes == 3 ? CONTENT_IMAGE48B : CONTENT_IMAGE16B,
                                    (uint64_t)width * n_planes * 2, height, pos + 1);
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

bool content_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    if (n == 0)
        return false;
    switch (data[0]) {
    case 'P':
        return find_pnm(data, n, header);
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
    case 'X':
        return fits_header_find(data, n, header) || find_tga(data, n, header);
    default:
        return find_tga(data, n, header);
    }
}
