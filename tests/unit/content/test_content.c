/* SPDX-License-Identifier: Apache-2.0
 *
 * The detector on data of each kind, and on headers that lie. Whatever it says must be valid and
 * cover all bytes.
 */
#include "content/content.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check.h"

enum { N_MAX = 1 << 19, SEGMENTS_MAX = 64 };

static uint8_t data[N_MAX];
static struct content_segment segments[SEGMENTS_MAX];
static uint64_t rng_state = 1;

static uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* From a copy of exactly n bytes, so that a sanitizer sees reads beyond. */
static size_t split(size_t n, size_t max)
{
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, data, n);
    size_t n_segments = content_split(copy, n, segments, max), total = 0;
    free(copy);
    CHECK(n_segments <= max && (n_segments > 0) == (n > 0));
    for (size_t i = 0; i < n_segments; i++) {
        CHECK(content_is_valid(&segments[i].content) && segments[i].n_bytes > 0);
        total += segments[i].n_bytes;
    }
    CHECK_MSG(total == n, "%zu of %zu bytes", total, n);
    return n_segments;
}

static void fill_text(uint8_t *to, size_t n)
{
    static const char *const words[] = {"the ",   "quick ", "brown ",        "fox\n",
                                        "jumps ", "over. ", "\xc3\xa4pfel ", "\xe4\xba\xba\n"};
    for (size_t i = 0; i < n;)
        for (const char *w = words[rng() % 8]; *w != 0 && i < n; w++)
            to[i++] = (uint8_t)*w;
}

static void fill_lines(uint8_t *to, size_t n, const char *format)
{
    char line[96];
    for (size_t i = 0; i < n;) {
        int length = snprintf(line, sizeof line, format, rng() % 50, rng() % 100000, rng() % 7);
        for (int j = 0; j < length && i < n; j++)
            to[i++] = (uint8_t)line[j];
    }
}

static void fill_random(uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)rng();
}

/* Calls among instructions. */
static void fill_code(uint8_t *to, size_t n)
{
    static const uint8_t opcodes[] = {0x48, 0x89, 0x8b, 0x0f, 0x83, 0x24, 0x55, 0x5d, 0xc3, 0x00};
    for (size_t i = 0; i < n; i++)
        to[i] = rng() % 3 ? opcodes[rng() % sizeof opcodes] : (uint8_t)rng();
    for (size_t i = 0; i + 5 <= n; i += 20 + rng() % 40) {
        to[i] = 0xe8;
        store_le32(to + i + 1, rng() % 0x20000 - 0x10000);
    }
}

static void fill_records(uint8_t *to, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        to[i] = i % stride < 5 ? (uint8_t)(0x80 + 7 * (i % stride)) : (uint8_t)(rng() % 200);
}

static int slow_wave(size_t i)
{
    int phase = (int)(i % 256) - 128;
    return (phase < 0 ? -phase : phase) - 64;
}

static void fill_image(uint8_t *to, size_t n, size_t stride, size_t pixel)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(128 + slow_wave(i / stride * 2) / 2 + slow_wave(i % stride / pixel) / 2 +
                          (int)(rng() % 5));
}

static size_t put_wav(uint8_t *to, unsigned channels, uint32_t data_size)
{
    memcpy(to, "RIFF....WAVEfmt ", 16);
    store_le32(to + 4, data_size + 36);
    store_le32(to + 16, 16);
    store_le16(to + 20, 1);
    store_le16(to + 22, (uint16_t)channels);
    store_le32(to + 24, 44100);
    store_le32(to + 28, 88200 * channels);
    store_le16(to + 32, (uint16_t)(2 * channels));
    store_le16(to + 34, 16);
    memcpy(to + 36, "data", 4);
    store_le32(to + 40, data_size);
    return 44;
}

static void fill_audio(uint8_t *to, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        store_le16(to + i, (uint16_t)(slow_wave(i / 8) * 200 + (int)(rng() % 50)));
}

static void check_one(enum content_type type, uint32_t stride, size_t n, const char *name)
{
    size_t n_segments = split(n, SEGMENTS_MAX);
    CHECK_MSG(n_segments == 1 && segments[0].content.type == type, "%s: %zu segments, type %d",
              name, n_segments, segments[0].content.type);
    CHECK_MSG(segments[0].content.stride == stride, "%s: stride %u", name,
              segments[0].content.stride);
}

static void check_kinds(void)
{
    size_t n = 200000;
    fill_text(data, n);
    check_one(CONTENT_TEXT, 0, n, "text");
    fill_lines(data, n, "<p class='c%u'>%u</p><br/>%u\n");
    check_one(CONTENT_MARKUP, 0, n, "markup");
    fill_lines(data, n, "%u,%u,\"x\",%u,y\n");
    check_one(CONTENT_TABLE, 0, n, "table");
    fill_lines(data, n, "Jan %u host daemon[%u]: event %u happened\n");
    check_one(CONTENT_TABLE, 0, n, "log");
    fill_random(data, n);
    check_one(CONTENT_COMPRESSED, 0, n, "random");
    fill_code(data, n);
    check_one(CONTENT_X86, 0, n, "code");
    fill_records(data, n, 28);
    check_one(CONTENT_RECORDS, 28, n, "records");
}

static void check_headers(void)
{
    size_t start = (size_t)sprintf((char *)data, "P6\n# a comment\n200 300\n255\n");
    fill_image(data + start, 200 * 300 * 3, 600, 3);
    check_one(CONTENT_IMAGE24, 600, start + 180000, "ppm");
    CHECK(segments[0].content.offset == start);
    check_one(CONTENT_IMAGE24, 600, 100000, "truncated ppm");

    start = put_wav(data, 2, 300000);
    fill_audio(data + start, 300000);
    check_one(CONTENT_AUDIO16, 4, start + 300000, "wav");
    check_one(CONTENT_AUDIO16, 4, 100001, "truncated wav");
    for (size_t n = 0; n < 200; n++)
        split(n, SEGMENTS_MAX);

    static const uint8_t bmp[54] = {'B', 'M', 0, 0,  0, 0, 0, 0,   0, 0, 54, 0, 0, 0, 40,
                                    0,   0,   0, 99, 0, 0, 0, 100, 1, 0, 0,  1, 0, 24};
    memcpy(data, bmp, sizeof bmp);
    fill_image(data + 54, 300 * 356, 300, 3);
    check_one(CONTENT_IMAGE24, 300, 54 + 300 * 356, "bmp");
}

/* The header of a database, of so many pages; 0: by a program that did not say. */
static void put_database_header(uint8_t *to, uint32_t page_size, uint32_t n_pages)
{
    memset(to, 0, 100);
    memcpy(to, "SQLite format 3", 16);
    to[16] = (uint8_t)(page_size >> 8);
    to[17] = (uint8_t)(page_size >> 16); /* 65536 is written as 1 */
    to[30] = (uint8_t)(n_pages >> 8);
    to[31] = (uint8_t)n_pages;
    to[27] = 5;
    to[95] = n_pages > 0 ? 5 : 4;
}

static void check_databases(void)
{
    fill_random(data, 200000);
    put_database_header(data, 4096, 0);
    check_one(CONTENT_DATABASE, 4096, 200000, "database");
    put_database_header(data, 65536, 2);
    check_one(CONTENT_DATABASE, 65536, 131072, "large pages");
    CHECK(split(200000, SEGMENTS_MAX) == 2 && segments[0].n_bytes == 131072);
    put_database_header(data, 1536, 0);
    CHECK(split(200000, SEGMENTS_MAX) > 0 && segments[0].content.type != CONTENT_DATABASE);
    put_database_header(data, 256, 0);
    CHECK(split(200000, SEGMENTS_MAX) > 0 && segments[0].content.type != CONTENT_DATABASE);

    fill_text(data, 100000);
    fill_random(data + 100000, 100000);
    put_database_header(data + 100000, 1024, 50);
    CHECK(split(200000, SEGMENTS_MAX) == 3 && segments[1].content.type == CONTENT_DATABASE);
    CHECK(segments[0].n_bytes == 100000 && segments[1].n_bytes == 51200);
}

/* Headers before data of another kind, and numbers out of all bounds. */
static void check_liars(void)
{
    static const char *const headers[] = {
        "P6\n200 300\n255\n",
        "P6 99999999999999999999 3 255\n",
        "P6\n65536 65536\n255\n",
        "P5 4294967295 1 255\n",
        "P6 1 1 255\n",
        "P5 0 5 255 ",
        "P4 4294967297 4294967297 ",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        size_t start = (size_t)sprintf((char *)data, "%s", headers[i]);
        fill_text(data + start, 200000);
        split(200000, SEGMENTS_MAX);
        CHECK_MSG(segments[0].content.type == CONTENT_TEXT, "%s: type %d", headers[i],
                  segments[0].content.type);
    }
    size_t start = put_wav(data, 65535, UINT32_MAX);
    fill_text(data + start, 100000);
    split(100000, SEGMENTS_MAX);
    for (int round = 0; round < 500; round++) {
        fill_random(data, 6000);
        memcpy(data, round & 1 ? "BM" : "\0\0\2\0\0\0\0\0\0\0\0\0", round & 1 ? 2 : 12);
        if (round & 2)
            put_wav(data, rng() % 9, rng());
        split(6000, SEGMENTS_MAX);
    }
}

/* Several files after one another, as in a tar archive; and more changes than segments. */
static void check_mixture(void)
{
    size_t n = 0;
    fill_text(data, 100000), n += 100000;
    fill_code(data + n, 100000), n += 100000;
    n += (size_t)sprintf((char *)data + n, "P5 300 300 255 ");
    fill_image(data + n, 90000, 300, 1), n += 90000;
    fill_random(data + n, 90000), n += 90000;
    size_t n_segments = split(n, SEGMENTS_MAX);
    bool image = false, code = false;
    for (size_t i = 0; i < n_segments; i++) {
        image |= segments[i].content.type == CONTENT_IMAGE8 && segments[i].n_bytes == 90000;
        code |= segments[i].content.type == CONTENT_X86 && segments[i].n_bytes >= 70000;
    }
    CHECK(image && code && n_segments >= 4 && n_segments <= 8);
    for (size_t max = 1; max < 5; max++)
        split(n, max);
}

int main(void)
{
    check_kinds();
    check_headers();
    check_databases();
    check_liars();
    check_mixture();
    return check_result();
}
