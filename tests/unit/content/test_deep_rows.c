/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of 16-bit samples are found without a head, in any order of bytes, signed or not; records, tables, noise,
 * zeros and short data are not taken for them.
 */
#include "content/deep_rows.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "content/content.h"
#include "content_test.h"

enum { N = 160000, N_GRAIN = 3000 };

static uint8_t data[N];
/* A hill on a slope, and noise; around zero if signed. */
static uint32_t sample(uint32_t x, uint32_t y, uint32_t width, bool is_signed)
{
    int32_t dx = (int32_t)(x * 256 / width) - 128, dy = (int32_t)(y % 300) - 150;
    int32_t hill = 3000 - (dx * dx + dy * dy) / 12 % 6000;
    return (uint32_t)((is_signed ? -1800 : 5000) + hill + (int32_t)below(24));
}

/* From the byte `start` on. */
static void fill(uint32_t width, bool is_signed, bool big_endian, size_t start)
{
    memset(data, 7, start);
    for (size_t i = 0; start + 2 * i + 2 <= N; i++) {
        uint32_t value = sample((uint32_t)(i % width), (uint32_t)(i / width), width, is_signed);
        data[start + 2 * i + big_endian] = (uint8_t)value;
        data[start + 2 * i + !big_endian] = (uint8_t)(value >> 8);
    }
}

static void check_found(void)
{
    static const uint32_t widths[] = {40, 129, 256, 300};
    static const enum content_type types[] = {CONTENT_IMAGE16, CONTENT_IMAGE16B,
                                              CONTENT_IMAGE16_SIGNED, CONTENT_IMAGE16_SIGNEDB};
    for (unsigned form = 0; form < 16; form++) {
        uint32_t width = widths[form / 4];
        struct content c;
        fill(width, form & 2, form & 1, form & 4 ? 1 : 0);
        CHECK_MSG(deep_rows_find(data, N, &c), "form %u", form);
        CHECK_MSG(c.type == types[form & 3] && c.stride == 2 * width && content_is_valid(&c),
                  "form %u: type %d, stride %u", form, c.type, c.stride);
        CHECK_MSG(c.offset == (form & 4 ? 1 : 0), "form %u: offset %u", form, c.offset);
        struct content_segment segments[8];
        CHECK(content_split(data, N, segments, 8) == 1 && segments[0].content.type == c.type);
    }
}

/* A ridge with a photograph's grain, against which the byte beside the right one makes little difference. */
static void fill_rough(uint32_t width, bool big_endian, size_t start)
{
    memset(data, 7, start);
    for (uint32_t i = 0; start + 2 * i + 2 <= N; i++) {
        uint32_t x = i % width * 256 / width, value = (x < 128 ? x : 256 - x) * 200 + 4000;
        value += below(N_GRAIN);
        data[start + 2 * i + big_endian] = (uint8_t)value;
        data[start + 2 * i + !big_endian] = (uint8_t)(value >> 8);
    }
}

static void check_rough(void)
{
    for (unsigned form = 0; form < 12; form++) {
        struct content c;
        fill_rough(200 + 60 * (form / 4), form & 1, form >> 1 & 1);
        CHECK_MSG(deep_rows_find(data, N, &c), "rough, form %u", form);
        CHECK_MSG(c.type == (form & 1 ? CONTENT_IMAGE16B : CONTENT_IMAGE16) &&
                      c.offset == (form >> 1 & 1),
                  "rough, form %u: type %d, offset %u", form, c.type, c.offset);
    }
}

/* Rows as wide as are found: a ridge that sinks from row to row. */
static void check_wide(void)
{
    for (uint32_t width = 4092; width <= 4098; width++) {
        struct content c = {CONTENT_DEFAULT, 0, 0};
        for (uint32_t i = 0; 2 * i + 2 <= N; i++) {
            uint32_t x = i % width, ridge = (x < width / 2 ? x : width - x) * 2;
            uint32_t value = 20000 + ridge + i / width * 3 + below(27);
            data[2 * i] = (uint8_t)value;
            data[2 * i + 1] = (uint8_t)(value >> 8);
        }
        CHECK_MSG(deep_rows_find(data, N, &c) && c.stride == 2 * width, "width %u: stride %u",
                  width, c.stride);
    }
}

static void fill_random(void)
{
    for (size_t i = 0; i < N; i++)
        data[i] = (uint8_t)below(256);
}

/* Numbers that rise, flags and small counts. */
static void fill_records(void)
{
    for (size_t i = 0; i + 64 <= N; i += 64)
        for (size_t k = 0; k < 64; k++)
            data[i + k] = (uint8_t)(k < 4   ? i >> 8 * k
                                    : k < 8 ? 0
                                    : k & 1 ? 0
                                            : below(k < 32 ? 3 : 200));
}

/* Gray pixels of 32 bits. */
static void fill_grays(void)
{
    for (size_t i = 0; i + 4 <= N; i += 4) {
        uint32_t value = sample((uint32_t)(i / 4 % 200), (uint32_t)(i / 800), 200, false) >> 5;
        memset(data + i, (int)value, 3);
        data[i + 3] = (uint8_t)(value + below(2));
    }
}

static void fill_zeros(void)
{
    memset(data, 0, N);
}

static void check_others(void)
{
    static void (*const fills[])(void) = {fill_random, fill_records, fill_grays, fill_zeros};
    struct content c;
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        fills[i]();
        CHECK_MSG(!deep_rows_find(data, N, &c), "content %zu: type %d, stride %u", i, c.type,
                  c.stride);
    }
    fill(100, false, false, 0);
    for (size_t n = 0; n < 24000; n += 1 + n / 8) {
        uint8_t *copy = malloc(n + (n == 0));
        memcpy(copy, data, n);
        CHECK(!deep_rows_find(copy, n, &c));
        free(copy);
    }
    for (size_t n = 24576; n < 24580; n++) {
        uint8_t *copy = malloc(n);
        memcpy(copy, data, n);
        CHECK(deep_rows_find(copy, n, &c) && c.stride == 200);
        free(copy);
    }
}

int main(void)
{
    check_found();
    check_rough();
    check_wide();
    check_others();
    return check_result();
}
