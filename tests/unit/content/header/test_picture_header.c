/* SPDX-License-Identifier: Apache-2.0
 *
 * Image files of every form are found, and what a head that lies makes of content is valid and comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check.h"
#include "content/content.h"
#include "content/header/content_header.h"
#include "content_test.h"
#include "golden/golden_pictures.h"
#include "tacit/tacit.h"

/* Whole rows of every picture. */
enum { N_DATA = 44 * 144, FILE_MAX = 2 * N_DATA + 2 * GOLDEN_PICTURE_HEAD_MAX, SEGMENTS_MAX = 16 };

/* Of the TIFF files: where the lists behind the directory lie, and the directory's entries. */
enum {
    DIRECTORY = 8,
    ENTRIES = 10,
    ENTRY = 12,
    N_ENTRIES = 11,
    NEXT = 142,
    LISTS = 154,
    HEAD = 170
};

static size_t make_file(uint8_t *file, const struct golden_picture *picture)
{
    size_t n_head = golden_picture_head(file, picture, N_DATA);
    golden_picture_pixels(file + n_head, N_DATA, picture, &rng_state);
    return n_head + N_DATA;
}

/* Bytes before the place where the head is found. */
static size_t before(const struct golden_picture *picture)
{
    bool dicom = picture->file == PICTURE_DICOM || picture->file == PICTURE_DICOM_IMPLICIT;
    return dicom ? GOLDEN_PICTURE_MARK : 0;
}

/* From a copy of exactly n bytes, so that a sanitizer sees reads beyond. */
static bool find(const struct golden_picture *picture, const uint8_t *file, size_t n,
                 struct content_header *h)
{
    size_t skip = before(picture) < n ? before(picture) : n;
    uint8_t *copy = malloc(n - skip + (n == skip));
    memcpy(copy, file + skip, n - skip);
    bool found = content_header_find(copy, n - skip, h);
    free(copy);
    CHECK(!found || (content_is_valid(&h->content) && h->content.offset == 0));
    return found;
}

static void check_found(void)
{
    static uint8_t file[FILE_MAX];
    for (size_t i = 0; i < GOLDEN_N_PICTURES; i++) {
        const struct golden_picture *picture = &golden_pictures[i];
        size_t n = make_file(file, picture), n_head = n - N_DATA, skip = before(picture);
        uint32_t stride = golden_picture_stride(picture);
        struct content_header h;
        CHECK_MSG(find(picture, file, n, &h), "picture %zu", i);
        CHECK_MSG(h.content.type == picture->type && h.content.stride == stride,
                  "picture %zu: type %d, stride %u", i, h.content.type, h.content.stride);
        CHECK_MSG(h.header_size + skip == n_head && h.n_bytes == N_DATA, "picture %zu", i);
        for (size_t n_part = 0; n_part < n_head; n_part++)
            if (find(picture, file, n_part, &h) && picture->file != PICTURE_FITS)
                CHECK_MSG(n_head - n_part <= 8, "picture %zu: %zu bytes", i, n_part);
        struct content_segment segments[SEGMENTS_MAX];
        size_t n_segments = content_split(file, n, segments, SEGMENTS_MAX);
        CHECK_MSG(n_segments == (n_head < 512 ? 1 : 2), "picture %zu: %zu", i, n_segments);
        CHECK(segments[n_segments - 1].content.type == picture->type);
        CHECK(segments[n_segments - 1].content.offset == (n_head < 512 ? n_head % stride : 0));
    }
}

/* A second directory at the end, whose strips follow those of the first, or leave a gap. */
static void check_pages(uint32_t gap)
{
    static uint8_t file[FILE_MAX];
    const struct golden_picture *picture = &golden_pictures[3];
    uint32_t end = (uint32_t)make_file(file, picture) + N_DATA, by = end - DIRECTORY;
    golden_picture_pixels(file + end - N_DATA, N_DATA, picture, &rng_state);
    memcpy(file + end, file + DIRECTORY, HEAD - DIRECTORY);
    store_le32(file + NEXT, end);
    for (uint32_t i = 0; i < N_ENTRIES; i++) {
        uint8_t *entry = file + by + ENTRIES + i * ENTRY;
        if (load_le16(entry) == 273 || load_le16(entry) == 279)
            store_le32(entry + 8, load_le32(entry + 8) + by);
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t *offset = file + by + LISTS + i * 4;
        store_le32(offset, load_le32(offset) + N_DATA + gap);
    }
    struct content_header h;
    CHECK(find(picture, file, end + HEAD - DIRECTORY, &h));
    CHECK_MSG(h.n_bytes == (gap ? N_DATA : 2 * N_DATA), "%u", (unsigned)h.n_bytes);
}

/* A head with one field that no file has, or that is not read. */
static void check_refused(void)
{
    static const struct {
        size_t picture, at;
        uint8_t n_bytes, bytes[4];
        const char *what;
    } wrong[] = {
        {0, 3, 1, {'0'}, "a width that begins with 0 and is too small"},
        {0, 9, 1, {'0'}, "a greatest value below 255"},
        {1, 2, 1, {43}, "BigTIFF with small offsets"},
        {1, 4, 4, {7, 0, 0, 0}, "a directory inside the mark"},
        {1, 4, 4, {255, 255, 255, 255}, "a directory beyond the file"},
        {1, 8, 2, {0, 0}, "no entries"},
        {1, 8, 2, {255, 255}, "entries beyond the file"},
        {1, 18, 2, {0, 0}, "no columns"},
        {1, 18, 2, {1, 0}, "one column"},
        {1, 30, 2, {0, 0}, "no rows"},
        {1, 42, 4, {255, 255, 255, 255}, "bits beyond the file"},
        {1, 54, 2, {5, 0}, "LZW"},
        {1, 78, 4, {255, 255, 255, 255}, "strips beyond the file"},
        {1, 90, 2, {2, 0}, "two samples"},
        {1, 90, 2, {0, 0}, "no samples"},
        {3, 42, 2, {64, 0}, "64 bits"},
        {3, 42, 2, {12, 0}, "12 bits"},
        {3, 138, 2, {3, 0}, "floats"},
        {3, LISTS, 4, {4, 0, 0, 0}, "a strip inside the mark"},
        {3, LISTS, 4, {255, 255, 255, 255}, "a strip beyond the file"},
        {3, LISTS + 8, 4, {0, 0, 0, 0}, "an empty strip"},
        {2, 131, 1, {'N'}, "no mark"},
        {2, 138, 2, {255, 255}, "an endless syntax"},
        {2, 158, 1, {'2'}, "big-endian"},
        {5, 108, 2, {'6', '4'}, "64 bits in FITS"},
        {5, 188, 2, {' ', '1'}, "one axis"},
        {5, 188, 2, {'9', '9'}, "99 axes"},
        {5, 268, 2, {' ', '0'}, "an axis of nothing"},
        {5, 268, 2, {'-', '4'}, "a negative axis"},
        {5, 264, 4, {'9', '9', '9', '9'}, "rows of 999,944 pixels"},
        {5, 29, 1, {'F'}, "not the standard"},
        {5, 560, 3, {'X', 'X', 'X'}, "no end"},
        {19, 10, 1, {'X'}, "no width"},
        {19, 35, 1, {'2'}, "two planes"},
        {23, 30, 2, {0, 0}, "no rows of tiles"},
        {28, 2, 1, {44}, "a later TIFF"},
        {28, 4, 1, {4}, "offsets of 4 bytes"},
        {28, 15, 1, {255}, "a directory beyond all"},
        {28, 31, 1, {255}, "entries without end"},
        {28, 123, 1, {128}, "strips beyond all"},
    };
    static uint8_t file[FILE_MAX];
    struct content_header h;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct golden_picture *picture = &golden_pictures[wrong[i].picture];
        size_t n = make_file(file, picture);
        CHECK_MSG(memcmp(file + wrong[i].at, wrong[i].bytes, wrong[i].n_bytes) != 0, "%s: as is",
                  wrong[i].what);
        memcpy(file + wrong[i].at, wrong[i].bytes, wrong[i].n_bytes);
        CHECK_MSG(!find(picture, file, n, &h), "%s", wrong[i].what);
    }
}

/* The address sanitizer takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { N_LIARS = 30, N_FINDS = 300 };
#else
enum { N_LIARS = 60, N_FINDS = 20000 };
#endif

/* Changes bytes where the head has fields. */
static void lie(uint8_t *file, const struct golden_picture *picture, unsigned n, bool random)
{
    for (unsigned k = 0; k < n; k++)
        file[before(picture) + below(picture->file == PICTURE_FITS ? 640 : HEAD)] =
            random ? (uint8_t)below(256) : 0xff;
}

/* Heads with random changes, cut files, and pixels of the greatest and oddest values. */
static void check_liars(void)
{
    static uint8_t file[FILE_MAX];
    struct content_header h;
    for (unsigned round = 0; round < N_LIARS; round++) {
        const struct golden_picture *picture = &golden_pictures[round % GOLDEN_N_PICTURES];
        size_t n = make_file(file, picture);
        lie(file, picture, round / 2 % 4, round & 1);
        if (round % 3 == 0)
            n -= below(N_DATA / 3);
        if (round % 5 == 0)
            for (size_t i = n / 2; i < n; i++)
                file[i] = round & 1 ? (uint8_t)below(256) : (uint8_t)(0xff * (i / 5 & 1));
        CHECK_MSG(comes_back(file, n, round & 8 ? 6 : 4), "round %u", round);
    }
    for (unsigned round = 0; round < N_FINDS; round++) {
        const struct golden_picture *picture = &golden_pictures[round % GOLDEN_N_PICTURES];
        size_t n = golden_picture_head(file, picture, N_DATA) + 600;
        lie(file, picture, 1 + below(4), below(4) > 0);
        find(picture, file, n - below(600), &h);
    }
}

int main(void)
{
    check_found();
    check_pages(0);
    check_pages(16);
    check_refused();
    check_liars();
    return check_result();
}
