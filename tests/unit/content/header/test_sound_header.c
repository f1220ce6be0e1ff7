/* SPDX-License-Identifier: Apache-2.0
 *
 * Sound files of every form are found, and what a head that lies makes of content is valid and comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "content/content.h"
#include "content/header/content_header.h"
#include "content_test.h"
#include "golden/golden_sounds.h"
#include "tacit/tacit.h"

enum { N_DATA = 24 * 300, FILE_MAX = N_DATA + GOLDEN_SOUND_HEAD_MAX, SEGMENTS_MAX = 16 };

static size_t make_file(uint8_t *file, const struct golden_sound *sound)
{
    size_t n_head = golden_sound_head(file, sound, N_DATA);
    golden_sound_samples(file + n_head, N_DATA, sound, &rng_state);
    return n_head + N_DATA;
}

static uint32_t frame_of(const struct golden_sound *sound)
{
    return content_samples(sound->type).n_bytes * (uint32_t)sound->n_channels;
}

/* From a copy of exactly n bytes, so that a sanitizer sees reads beyond. */
static bool find(const uint8_t *file, size_t n, struct content_header *h)
{
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, file, n);
    bool found = sound_header_find(copy, n, h);
    free(copy);
    CHECK(!found || (content_is_valid(&h->content) && h->content.offset == 0));
    return found;
}

static void check_found(void)
{
    uint8_t file[FILE_MAX];
    for (size_t i = 0; i < GOLDEN_N_SOUNDS; i++) {
        const struct golden_sound *sound = &golden_sounds[i];
        size_t n = make_file(file, sound), n_head = n - N_DATA;
        struct content_header h;
        CHECK_MSG(find(file, n, &h), "sound %zu", i);
        CHECK_MSG(h.content.type == sound->type && h.content.stride == frame_of(sound),
                  "sound %zu: type %d, stride %u", i, h.content.type, h.content.stride);
        CHECK(h.header_size == n_head && (h.n_bytes == N_DATA || h.n_bytes == UINT32_MAX));
        for (size_t n_part = 0; n_part < n_head; n_part++)
            if (find(file, n_part, &h)) /* but for an end that says nothing of the samples */
                CHECK_MSG(n_head - n_part <= 8, "sound %zu: %zu bytes", i, n_part);
        struct content_segment segments[SEGMENTS_MAX];
        CHECK(content_split(file, n, segments, SEGMENTS_MAX) == 1);
        CHECK(segments[0].content.type == sound->type);
        CHECK(segments[0].content.offset == n_head % frame_of(sound));
    }
}

/* A head with one field that no file has. */
static void check_refused(void)
{
    static const struct {
        size_t sound, at;
        uint8_t n_bytes, bytes[4];
        const char *what;
    } wrong[] = {
        {0, 22, 2, {0, 0}, "no channels"},
        {0, 22, 2, {9, 0}, "nine channels"},
        {0, 32, 2, {3, 0}, "odd block alignment"},
        {0, 34, 2, {0, 0}, "no bits"},
        {0, 34, 2, {64, 0}, "64 bits"},
        {0, 20, 2, {2, 0}, "ADPCM"},
        {7, 34, 2, {16, 0}, "floats of 16 bits"},
        {3, 44, 2, {2, 0}, "ADPCM, extensible"},
        {0, 16, 4, {15, 0, 0, 0}, "a short chunk"},
        {0, 16, 4, {255, 255, 255, 255}, "an endless chunk"},
        {5, 56, 4, {23, 0, 0, 0}, "a chunk of W64 shorter than its head"},
        {5, 60, 4, {255, 255, 255, 255}, "an endless chunk of W64"},
        {1, 20, 2, {0, 0}, "no channels in AIFF"},
        {1, 46, 4, {255, 255, 255, 255}, "samples of AIFF far behind"},
        {1, 42, 4, {0, 0, 0, 7}, "less of AIFF than its own fields"},
        {6, 50, 4, {'u', 'l', 'a', 'w'}, "AIFF-C with another coding"},
    };
    uint8_t file[FILE_MAX];
    struct content_header h;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t n = make_file(file, &golden_sounds[wrong[i].sound]);
        CHECK_MSG(memcmp(file + wrong[i].at, wrong[i].bytes, wrong[i].n_bytes) != 0, "%s: as is",
                  wrong[i].what);
        memcpy(file + wrong[i].at, wrong[i].bytes, wrong[i].n_bytes);
        CHECK_MSG(!find(file, n, &h), "%s", wrong[i].what);
    }
}

/* The address sanitizer takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
enum { N_LIARS = 18 };
#else
enum { N_LIARS = 90 };
#endif

/* Heads with random changes, cut files, and samples of the greatest and oddest values. */
static void check_liars(void)
{
    uint8_t file[FILE_MAX];
    for (unsigned round = 0; round < N_LIARS; round++) {
        size_t n = make_file(file, &golden_sounds[round % GOLDEN_N_SOUNDS]);
        struct content_header h;
        for (unsigned k = 0; k < round / 2 % 4; k++)
            file[below(GOLDEN_SOUND_HEAD_MAX)] = round & 1 ? (uint8_t)below(256) : 0xff;
        if (round % 3 == 0)
            n -= below(N_DATA / 3);
        if (round % 5 == 0)
            for (size_t i = n / 2; i < n; i++)
                file[i] = round & 1 ? (uint8_t)below(256) : (uint8_t)(0xff * (i / 5 & 1));
        find(file, n, &h);
        CHECK_MSG(comes_back(file, n, round & 8 ? 6 : 4), "round %u", round);
    }
}

int main(void)
{
    check_found();
    check_refused();
    check_liars();
    return check_result();
}
