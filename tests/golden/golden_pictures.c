/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_pictures.h"

#include <stdio.h>
#include <string.h>

const struct golden_picture golden_pictures[GOLDEN_N_PICTURES] = {
    {PICTURE_PNM, 16, 1, false, false, CONTENT_IMAGE16B},
    {PICTURE_TIFF_II, 16, 3, false, false, CONTENT_IMAGE48},
    {PICTURE_DICOM, 16, 1, true, false, CONTENT_IMAGE16_SIGNED},
    {PICTURE_TIFF_II, 16, 1, false, false, CONTENT_IMAGE16},
    {PICTURE_PNM, 16, 3, false, false, CONTENT_IMAGE48B},
    {PICTURE_FITS, 16, 1, true, false, CONTENT_IMAGE16_SIGNEDB},
    {PICTURE_TIFF_MM, 16, 1, false, false, CONTENT_IMAGE16B},
    {PICTURE_TIFF_MM, 16, 1, true, false, CONTENT_IMAGE16_SIGNEDB},
    {PICTURE_TIFF_MM, 16, 3, false, false, CONTENT_IMAGE48B},
    {PICTURE_TIFF_II, 16, 3, false, true, CONTENT_IMAGE16},
    {PICTURE_TIFF_II, 8, 1, false, false, CONTENT_IMAGE8},
    {PICTURE_TIFF_MM, 8, 3, false, false, CONTENT_IMAGE24},
    {PICTURE_TIFF_II, 8, 4, false, false, CONTENT_IMAGE32},
    {PICTURE_DICOM, 8, 3, false, true, CONTENT_IMAGE8},
    {PICTURE_DICOM_IMPLICIT, 16, 1, false, false, CONTENT_IMAGE16},
    {PICTURE_DICOM_IMPLICIT, 16, 3, false, false, CONTENT_IMAGE48},
    {PICTURE_DICOM, 8, 3, false, false, CONTENT_IMAGE24},
    {PICTURE_FITS, 8, 1, false, false, CONTENT_IMAGE8},
    {PICTURE_PAM, 8, 4, false, false, CONTENT_IMAGE32},
    {PICTURE_PAM, 16, 4, false, false, CONTENT_IMAGE64B},
    {PICTURE_PAM, 16, 3, false, false, CONTENT_IMAGE48B},
    {PICTURE_FITS, 32, 1, true, false, CONTENT_IMAGE32},
    {PICTURE_FITS, 32, 1, true, false, CONTENT_AUDIO_FLOATB},
    {PICTURE_TIFF_TILED, 8, 3, false, false, CONTENT_IMAGE24},
    {PICTURE_TIFF_TILED, 16, 1, false, false, CONTENT_IMAGE16},
    {PICTURE_TIFF_II, 16, 4, false, false, CONTENT_IMAGE64},
    {PICTURE_TIFF_MM, 32, 1, false, false, CONTENT_IMAGE32},
    {PICTURE_TIFF_II, 32, 3, false, false, CONTENT_AUDIO_FLOAT},
    {PICTURE_BIG_TIFF_II, 16, 1, true, false, CONTENT_IMAGE16_SIGNED},
    {PICTURE_BIG_TIFF_MM, 8, 1, false, false, CONTENT_IMAGE8},
    {PICTURE_PFM, 32, 1, false, false, CONTENT_AUDIO_FLOAT},
    {PICTURE_PFM, 32, 3, false, false, CONTENT_AUDIO_FLOATB},
    {PICTURE_TIFF_MM, 16, 4, false, false, CONTENT_IMAGE64B},
};

enum { WIDTH = 44, STRIPS = 2, ENTRIES = 11 };

struct bytes {
    uint8_t *to;
    size_t n;
    bool big_endian;
};

static void put(struct bytes *b, const char *text, size_t n)
{
    memcpy(b->to + b->n, text, n);
    b->n += n;
}

static void put_number(struct bytes *b, uint32_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        b->to[b->n++] = (uint8_t)(value >> 8 * (b->big_endian ? n - 1 - i : i));
}

static uint32_t planes_together(const struct golden_picture *p)
{
    return p->apart ? 1 : p->n_planes;
}

static uint32_t row_bytes(const struct golden_picture *p)
{
    return WIDTH * planes_together(p) * (p->n_bits / 8);
}

static bool is_float(const struct golden_picture *p)
{
    return p->n_bits == 32 && CONTENT_BIT(p->type) & CONTENT_AUDIO;
}

uint32_t golden_picture_stride(const struct golden_picture *p)
{
    return is_float(p) ? 4u * p->n_planes : row_bytes(p);
}

/* Of one plane, if the planes lie apart. */
static uint32_t rows_of(const struct golden_picture *p, uint32_t n_data)
{
    return n_data / row_bytes(p) / (p->apart ? p->n_planes : 1);
}

static void put_entry(struct bytes *b, uint32_t tag, unsigned size, uint32_t n, uint32_t value)
{
    put_number(b, tag, 2);
    put_number(b, size == 2 ? 3 : 4, 2);
    put_number(b, n, 4);
    put_number(b, value, n > 1 ? 4 : size);
    put_number(b, 0, n > 1 ? 0 : 4 - size);
}

/* Strips at the end of the head: a short one of whole rows and the rest. */
static void put_tiff_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    uint32_t lists = 8 + 2 + ENTRIES * 12 + 4, start = lists + 4 * 2 + 2 * STRIPS * 4;
    uint32_t stride = row_bytes(p), n_rows = rows_of(p, n_data);
    uint32_t first = n_rows / 3 * stride, rest = n_rows * (p->apart ? p->n_planes : 1) * stride;
    bool tiled = p->file == PICTURE_TIFF_TILED;
    b->big_endian = p->file == PICTURE_TIFF_MM;
    put(b, b->big_endian ? "MM" : "II", 2);
    put_number(b, 42, 2);
    put_number(b, 8, 4);
    put_number(b, ENTRIES, 2);
    put_entry(b, 256, 2, 1, tiled ? 2 * WIDTH : WIDTH);
    put_entry(b, 257, 2, 1, n_rows);
    put_entry(b, 258, 2, p->n_planes, p->n_planes > 1 ? lists : p->n_bits);
    put_entry(b, 259, 2, 1, 1);
    put_entry(b, tiled ? 322 : 262, 2, 1, tiled ? WIDTH : p->n_planes > 1 ? 2 : 1);
    put_entry(b, tiled ? 324 : 273, 4, STRIPS, lists + 8);
    put_entry(b, 277, 2, 1, p->n_planes);
    put_entry(b, tiled ? 323 : 278, 4, 1, n_rows / 3);
    put_entry(b, tiled ? 325 : 279, 4, STRIPS, lists + 8 + STRIPS * 4);
    put_entry(b, 284, 2, 1, p->apart ? 2 : 1);
    put_entry(b, 339, 2, 1, is_float(p) ? 3 : p->is_signed ? 2 : 1);
    put_number(b, 0, 4);
    for (int i = 0; i < 4; i++)
        put_number(b, p->n_bits, 2);
    put_number(b, start, 4);
    put_number(b, start + first, 4);
    put_number(b, first, 4);
    put_number(b, rest - first, 4);
}

static void put_big_entry(struct bytes *b, uint32_t tag, uint32_t n, uint32_t value)
{
    uint32_t words[] = {b->big_endian ? 0 : n, b->big_endian ? n : 0, b->big_endian ? 0 : value,
                        b->big_endian ? value : 0};
    put_number(b, tag, 2);
    put_number(b, 16, 2);
    for (int i = 0; i < 4; i++)
        put_number(b, words[i], 4);
}

/* Of one plane and two strips. */
static void put_big_tiff_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    enum { BIG_ENTRIES = 7, START = 16 + 8 + BIG_ENTRIES * 20 + 8 };
    uint32_t n_rows = rows_of(p, n_data), lengths[2] = {n_rows / 3 * row_bytes(p)};
    uint32_t start = START + 4 * 8, offsets[2] = {start, start + lengths[0]};
    lengths[1] = n_rows * row_bytes(p) - lengths[0];
    b->big_endian = p->file == PICTURE_BIG_TIFF_MM;
    put(b, b->big_endian ? "MM\0+\0\10\0\0\0\0\0\0\0\0\0\20" : "II+\0\10\0\0\0\20\0\0\0\0\0\0\0",
        16);
    put(b, b->big_endian ? "\0\0\0\0\0\0\0\7" : "\7\0\0\0\0\0\0\0", 8);
    put_big_entry(b, 256, 1, WIDTH);
    put_big_entry(b, 257, 1, n_rows);
    put_big_entry(b, 258, 1, p->n_bits);
    put_big_entry(b, 259, 1, 1);
    put_big_entry(b, 273, 2, START);
    put_big_entry(b, 279, 2, START + 16);
    put_big_entry(b, 339, 1, p->is_signed ? 2 : 1);
    put(b, "\0\0\0\0\0\0\0\0", 8);
    for (int i = 0; i < 4; i++) {
        uint32_t value = i < 2 ? offsets[i] : lengths[i - 2];
        put_number(b, b->big_endian ? 0 : value, 4);
        put_number(b, b->big_endian ? value : 0, 4);
    }
}

static void put_element(struct bytes *b, bool implicit, uint32_t tag, const char *type, uint32_t n)
{
    bool wide = strcmp(type, "OW") == 0 || strcmp(type, "SQ") == 0;
    put_number(b, tag >> 16, 2);
    put_number(b, tag & 0xffff, 2);
    if (!implicit)
        put(b, type, 2);
    if (!implicit && wide)
        put_number(b, 0, 2);
    put_number(b, n, implicit || wide ? 4 : 2);
}

static void put_short(struct bytes *b, bool implicit, uint32_t element, uint32_t value)
{
    put_element(b, implicit, UINT32_C(0x00280000) | element, "US", 2);
    put_number(b, value, 2);
}

/* A sequence of unknown length, and in it an item of unknown length that speaks of other rows. */
static void put_sequence(struct bytes *b, bool implicit)
{
    put_element(b, implicit, 0x00081140, "SQ", UINT32_MAX);
    put_element(b, true, 0xfffee000, "", UINT32_MAX);
    put_short(b, implicit, 0x10, 7);
    put_element(b, true, 0xfffee00d, "", 0);
    put_element(b, true, 0xfffee0dd, "", 0);
}

static void put_dicom_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    bool implicit = p->file == PICTURE_DICOM_IMPLICIT;
    const char *syntax = implicit ? "1.2.840.10008.1.2\0" : "1.2.840.10008.1.2.1\0";
    memset(b->to, 0, GOLDEN_PICTURE_MARK);
    b->n = GOLDEN_PICTURE_MARK;
    put(b, "DICM", 4);
    put_element(b, false, 0x00020010, "UI", implicit ? 18 : 20);
    put(b, syntax, implicit ? 18 : 20);
    put_element(b, implicit, 0x00080060, "CS", 2);
    put(b, "CT", 2);
    put_sequence(b, implicit);
    put_short(b, implicit, 0x02, p->n_planes);
    put_short(b, implicit, 0x06, p->apart);
    put_short(b, implicit, 0x10, rows_of(p, n_data));
    put_short(b, implicit, 0x11, WIDTH);
    put_short(b, implicit, 0x100, p->n_bits);
    put_short(b, implicit, 0x103, p->is_signed);
    put_element(b, implicit, UINT32_C(0x7fe00010), "OW",
                rows_of(p, n_data) * (p->apart ? p->n_planes : 1) * row_bytes(p));
}

static void put_card(struct bytes *b, const char *name, const char *value)
{
    char card[81];
    int n = snprintf(card, sizeof card, "%-8s%s%20s", name, *value != 0 ? "= " : "", value);
    memset(card + n, ' ', sizeof card - (size_t)n);
    put(b, card, 80);
}

static void put_count(struct bytes *b, const char *name, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof text, "%u", value);
    put_card(b, name, text);
}

static void put_fits_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    memset(b->to, ' ', 2880);
    put_card(b, "SIMPLE", "T");
    if (is_float(p))
        put_card(b, "BITPIX", "-32");
    else
        put_count(b, "BITPIX", p->n_bits);
    put_count(b, "NAXIS", 3);
    put_count(b, "NAXIS1", WIDTH);
    put_count(b, "NAXIS2", rows_of(p, n_data));
    put_count(b, "NAXIS3", 1);
    put_count(b, "BZERO", 32768);
    put_card(b, "END", "");
    b->n = 2880;
}

static void put_pnm_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    char head[40];
    int n = snprintf(head, sizeof head, "P%c\n%d %u\n4095\n", p->n_planes == 3 ? '6' : '5', WIDTH,
                     rows_of(p, n_data));
    put(b, head, (size_t)n);
}

static void put_pam_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    char head[120];
    int n = snprintf(head, sizeof head,
                     "P7\n# made\nWIDTH %d\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nENDHDR\n", WIDTH,
                     rows_of(p, n_data), (unsigned)p->n_planes, p->n_bits == 8 ? 255u : 4095u);
    put(b, head, (size_t)n);
}

static void put_pfm_head(struct bytes *b, const struct golden_picture *p, uint32_t n_data)
{
    char head[40];
    int n = snprintf(head, sizeof head, "P%c\n%d %u\n%s1.000000\n", p->n_planes == 3 ? 'F' : 'f',
                     WIDTH, rows_of(p, n_data), p->type == CONTENT_AUDIO_FLOAT ? "-" : "");
    put(b, head, (size_t)n);
}

size_t golden_picture_head(uint8_t *to, const struct golden_picture *picture, uint32_t n_data)
{
    struct bytes b = {to, 0, false};
    switch (picture->file) {
    case PICTURE_PNM:
        put_pnm_head(&b, picture, n_data);
        break;
    case PICTURE_PFM:
        put_pfm_head(&b, picture, n_data);
        break;
    case PICTURE_PAM:
        put_pam_head(&b, picture, n_data);
        break;
    case PICTURE_BIG_TIFF_II:
    case PICTURE_BIG_TIFF_MM:
        put_big_tiff_head(&b, picture, n_data);
        break;
    case PICTURE_TIFF_II:
    case PICTURE_TIFF_MM:
    case PICTURE_TIFF_TILED:
        put_tiff_head(&b, picture, n_data);
        break;
    case PICTURE_FITS:
        put_fits_head(&b, picture, n_data);
        break;
    default:
        put_dicom_head(&b, picture, n_data);
    }
    return b.n;
}

/* 12 bits: two slopes, a step, noise. */
static uint32_t pixel(uint32_t x, uint32_t y, uint32_t plane, uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint32_t noise = (uint32_t)(*state >> 60) + (uint32_t)(*state >> 56 & 15);
    return 300 + x * 21 + y * 13 % 700 + (x / 16 + y / 9) % 2 * 400 + plane * 150 + noise;
}

/* A sample of 8, 16 or 32 bits, signed or not, or a float. */
static void put_sample(struct bytes *b, const struct golden_picture *picture, uint32_t value)
{
    float number = (float)(int32_t)value;
    if (is_float(picture))
        memcpy(&value, &number, sizeof value);
    put_number(b, picture->n_bits == 8 ? value >> 4 : value, picture->n_bits / 8u);
}

void golden_picture_pixels(uint8_t *to, size_t n, const struct golden_picture *picture,
                           uint64_t *state)
{
    struct sample_format f = content_samples(picture->type);
    bool big = picture->file == PICTURE_FITS || picture->file == PICTURE_TIFF_MM;
    struct bytes b = {to, 0, f.n_bytes > 0 ? f.big_endian : big};
    uint32_t n_planes = planes_together(picture);
    for (size_t i = 0; b.n + picture->n_bits / 8u <= n; i++) {
        uint32_t column = (uint32_t)(i / n_planes % WIDTH), row = (uint32_t)(i / n_planes / WIDTH);
        uint32_t value = pixel(column, row, (uint32_t)(i % n_planes), state);
        put_sample(&b, picture, picture->is_signed ? value - 1024 : value);
    }
}
