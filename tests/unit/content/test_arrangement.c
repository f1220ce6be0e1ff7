/* SPDX-License-Identifier: Apache-2.0
 *
 * Tar headers and silent segments: what is found in each kind of content, the way there and back,
 * through the packed list, for any bytes; lists that are wrong.
 */
#include "content/arrangement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden/golden_content.h"
#include "unit/samples.h"

enum { N_MAX = 1 << 18, SPLIT_MAX = 256 };

static uint8_t data[N_MAX];
static struct arrangement found;
static uint64_t state = 1;

static size_t put_prose(size_t at, size_t n)
{
    golden_fill(data + at, n, GOLDEN_prose);
    return at + n;
}

static size_t put_random(size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        data[at + i] = (uint8_t)sample_rng(&state);
    return at + n;
}

static size_t put_zeros(size_t at, size_t n)
{
    memset(data + at, 0, n);
    return at + n;
}

static size_t put_base64(size_t at, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i++)
        data[at + i] = (uint8_t)(i % 77 == 76 ? '\n' : digits[sample_rng(&state) % 64]);
    return at + n;
}

/* checksum_zero: what stands for its leading zeros. */
static size_t put_header(size_t at, const char *name, uint32_t size, int checksum_zero)
{
    char *header = (char *)data + at;
    unsigned sum = 0;
    memset(header, 0, TAR_BLOCK);
    snprintf(header, 100, "%s", name);
    snprintf(header + 124, 12, "%011o", size);
    memset(header + 148, ' ', 8);
    memcpy(header + 257, "ustar", 5);
    for (unsigned i = 0; i < TAR_BLOCK; i++)
        sum += data[at + i];
    snprintf(header + 148, 7, checksum_zero == '0' ? "%06o" : "%6o", sum);
    return at + TAR_BLOCK;
}

static size_t put_file(size_t at, const char *name, size_t size)
{
    at = put_prose(put_header(at, name, (uint32_t)size, '0'), size);
    return put_zeros(at, (0 - size) % TAR_BLOCK);
}

/* Arranges data[0 .. n), from a copy of exactly so many bytes, and back through the packed list. Returns
 * how many bytes are spoken. */
static uint32_t check_back(size_t n)
{
    static struct content_segment split[SPLIT_MAX];
    static uint8_t packed[ARRANGEMENT_BYTES_MAX];
    static struct arrangement parsed;
    struct byte_buffer arranged = {0};
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, data, n);
    size_t n_split = content_split(copy, n, split, SPLIT_MAX);
    CHECK(arrangement_find(&found, copy, n, split, n_split) == TACIT_OK);
    if (found.speech.n_segments > 0)
        CHECK(arrangement_apply(&found, copy, n, &arranged, n) == TACIT_OK);
    free(copy);
    if (found.speech.n_segments == 0)
        return (uint32_t)n;
    CHECK(arranged.size == n - found.tar.n_removed);
    uint32_t n_spoken = speech_n_spoken(&found.speech);
    size_t n_packed = arrangement_pack(packed, &found);
    struct varint_reader r = {packed, n_packed, 0};
    enum tacit_status status = arrangement_parse(&r, (uint32_t)n, &parsed);
    if (n_spoken == 0 || n_spoken == arranged.size) {
        CHECK(status == TACIT_ERR_CORRUPT);
    } else {
        CHECK(status == TACIT_OK && r.pos == n_packed);
        CHECK(arrangement_restore(&parsed, &arranged, n, n) == TACIT_OK && arranged.size == n);
        CHECK(memcmp(arranged.data, data, n) == 0);
    }
    byte_buffer_free(&arranged);
    return n_spoken;
}

/* Text, n bytes of something, text: about all of it is silent, or nothing. */
static void check_stretch(const char *name, size_t (*put_stretch)(size_t, size_t), size_t n,
                          bool silent)
{
    size_t at = put_prose(0, 3000);
    at = put_prose(put_stretch(at, n), 3000);
    uint32_t n_spoken = check_back(at);
    if (silent)
        CHECK_MSG(found.speech.n_segments == 3 && n_spoken >= 5950 && n_spoken < 6128, "%s: %u",
                  name, n_spoken);
    else
        CHECK_MSG(found.speech.n_segments == 0, "%s: %u", name, n_spoken);
}

static void check_stretches(void)
{
    check_stretch("zeros", put_zeros, 40, true);
    check_stretch("few zeros", put_zeros, 20, false);
    check_stretch("random", put_random, 500, true);
    check_stretch("more random", put_random, 20000, true);
    check_stretch("base64", put_base64, 1000, true);
    check_stretch("short base64", put_base64, 100, false);
    /* Text of every kind stays as it is, with separators that no text has, too. */
    static const enum golden_class texts[] = {GOLDEN_prose,  GOLDEN_accents, GOLDEN_markup,
                                              GOLDEN_source, GOLDEN_log,     GOLDEN_csv};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        golden_fill(data, N_MAX, texts[i]);
        CHECK_MSG(check_back(N_MAX) == N_MAX, "%s", golden_class_name(texts[i]));
        for (size_t k = 0; k < N_MAX && texts[i] != GOLDEN_source; k++) /* it is indented */
            if (data[k] == ' ')
                data[k] = texts[i] == GOLDEN_csv ? 1 : 0;
        CHECK_MSG(check_back(N_MAX) == N_MAX, "%s parted by controls", golden_class_name(texts[i]));
    }
}

/* More stretches than segments: the short ones are spoken. */
static void check_many(void)
{
    size_t at = 0;
    while (at + 800 < N_MAX) {
        at = put_prose(at, 200);
        at = put_zeros(at, at % 7 == 0 ? 300 : 40);
    }
    uint32_t n_spoken = check_back(at);
    CHECK(found.speech.n_segments > 100 && n_spoken > at / 2 &&
          found.speech.n_segments <= SPEECH_SEGMENTS_MAX);
}

static void check_tars(void)
{
    size_t at = put_file(0, "a", 700), n;
    at = put_file(at, "b", 1024);
    at = put_file(at, "empty", 0);
    n = put_zeros(put_file(at, "c", 1), 1024);
    CHECK(check_back(n) == 1725);
    CHECK(found.tar.n_headers == 4 && found.tar.n_gaps == 0 && found.tar.n_removed == 324);
    CHECK(check_back(n - 1200) == 1725); /* cut in the last file's zeros */
    data[512 + 1023] = 1;                /* that do not only hold zeros */
    CHECK(check_back(n) == 1725 + 324 || found.tar.n_gaps == 1);

    /* Behind data that was cut, one within another, blanks in the checksum, a size that lies. */
    at = put_file(put_prose(0, 300), "outer", 900);
    at = put_header(at, "inner.tar", 4096, ' ');
    at = put_file(at, "x", 600);
    at = put_zeros(put_file(at, "y", 100), 4096 - 4 * TAR_BLOCK - 512);
    at = put_prose(put_header(at, "z", 1 << 30, '0'), 700);
    check_back(at);
    CHECK_MSG(found.tar.n_headers == 5 && found.tar.n_before == 300 && found.tar.n_gaps == 2,
              "%u, %u, %u", found.tar.n_headers, found.tar.n_before, found.tar.n_gaps);
    for (n = 0; n < at; n += 1 + sample_rng(&state) % 90)
        check_back(n);

    /* Wrong checksums and other magic are no headers. */
    at = put_file(put_file(0, "a", 700), "b", 700);
    data[148]++;
    check_back(at);
    CHECK(found.tar.n_headers == 1);
    for (uint32_t i = 0; i < 2 * TAR_GAPS_MAX + 20 && (i + 1) * 516 < N_MAX; i++)
        put_zeros(put_header((size_t)i * 516, "gap", 512, '0'), 4);
    check_back(N_MAX / 516 * 516);
    CHECK(found.tar.n_headers > 100 && found.tar.n_gaps > 100);
}

/* Whatever the bytes are. */
static void check_any(void)
{
    for (int round = 0; round < 400; round++) {
        size_t at = 0;
        while (at + 6000 < N_MAX && sample_rng(&state) % 12 != 0) {
            size_t n = sample_rng(&state) % 3000;
            switch (sample_rng(&state) % 6) {
            case 0:
                at = put_random(at, n);
                break;
            case 1:
                at = put_zeros(at, n / 8);
                break;
            case 2:
                at = put_base64(at, n);
                break;
            case 3:
                at = put_file(at, "file", n);
                break;
            case 4:
                at = put_header(at, "head", sample_rng(&state) % 4096, ' ');
                break;
            default:
                at = put_prose(at, n);
            }
        }
        check_back(at);
    }
}

static void check_wrong(void)
{
    static const struct {
        uint8_t bytes[12];
        size_t n_bytes;
        bool right;
    } lists[] = {
        {{0, 1, 0, 9, 0x11, 0}, 6, true},        /* 10 spoken, the rest silent */
        {{0, 1, 0, 99, 0x11}, 5, false},         /* nothing is left */
        {{0, 1, 0, 9, 0x01}, 5, false},          /* a type where it is spoken */
        {{0, 1, 0, 9, 0x1f}, 5, false},          /* no such type */
        {{0, 1, 0, 9, 0x31}, 5, false},          /* no such flag */
        {{0, 1, 0, 9, 0x13, 0, 0}, 7, false},    /* rows of no bytes */
        {{0, 1, 0, 9, 0}, 5, false},             /* all is spoken */
        {{0, 0, 0x11}, 3, false},                /* nothing is */
        {{0, 0xff, 0x7f}, 3, false},             /* too many */
        {{1, 0, 0, 0, 1, 0, 9, 0x11}, 8, false}, /* a header in 100 bytes */
    };
    static struct arrangement a;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct varint_reader r = {lists[i].bytes, lists[i].n_bytes, 0};
        CHECK_MSG((arrangement_parse(&r, 100, &a) == TACIT_OK) == lists[i].right, "list %zu", i);
    }
    uint8_t in[3 * TAR_BLOCK] = {0}, out[3 * TAR_BLOCK];
    struct tar_headers tar = {.n_headers = 1, .n_before = 600};
    CHECK(tar_headers_restore(&tar, in, out, 1000) == TACIT_ERR_CORRUPT);
    tar.n_before = 400;
    CHECK(tar_headers_restore(&tar, in, out, 1000) == TACIT_OK);
    tar.n_removed = 1;
    CHECK(tar_headers_restore(&tar, in, out, 1000) == TACIT_ERR_CORRUPT);
    tar.n_headers = 2;
    tar.n_removed = 0;
    memcpy(in + TAR_BLOCK + 124, "00000010000", 11);
    CHECK(tar_headers_restore(&tar, in, out, 3 * TAR_BLOCK) == TACIT_ERR_CORRUPT);
}

int main(void)
{
    check_stretches();
    check_many();
    check_tars();
    check_any();
    check_wrong();
    return check_result();
}
