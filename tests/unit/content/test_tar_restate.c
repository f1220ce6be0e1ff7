/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers of a tar restated as an older tar has them: they come back, through the packed fields; unchanged files have
 * the older header then; headers that cannot come back, and fields that are wrong.
 */
#include "content/tar_restate.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "content/tar_headers.h"

enum { N_FILES = 6, N_BYTES = 2 * N_FILES * TAR_BLOCK };

static uint8_t old[N_BYTES], new[N_BYTES], content[N_BYTES];

static void put_file(uint8_t *header, const char *root, unsigned i, unsigned size, const char *time)
{
    unsigned sum = 0;
    memset(header, 0, 2 * TAR_BLOCK);
    snprintf((char *)header, 100, "%s/file%u", root, i);
    snprintf((char *)header + 124, 12, "%011o", size);
    snprintf((char *)header + 136, 12, "%s", time);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar", 5);
    for (unsigned j = 0; j < TAR_BLOCK; j++)
        sum += header[j];
    snprintf((char *)header + 148, 8, "%06o", sum);
    memset(header + TAR_BLOCK, 'a' + (int)i, size);
}

/* Both tars; one file of the new one has changed. */
static void fill(const char *root, const char *time)
{
    for (unsigned i = 0; i < N_FILES; i++) {
        size_t at = (size_t)i * 2 * TAR_BLOCK;
        put_file(old + at, "thing-1.9", i, 100 + i, "14604570525");
        put_file(new + at, root, i, i == 3 ? 77 : 100 + i, time);
    }
    memcpy(content, new, N_BYTES);
}

static void check_way(const char *root, const char *time, size_t n_packed)
{
    struct tar_restate restate, parsed;
    struct byte_view reference = {old, N_BYTES};
    uint8_t packed[TAR_RESTATE_BYTES_MAX];
    fill(root, time);
    tar_restate_apply(&restate, reference, content, N_BYTES);
    CHECK(restate.used);
    for (unsigned i = 0; i < N_FILES; i++) {
        size_t at = (size_t)i * 2 * TAR_BLOCK;
        CHECK((memcmp(content + at, old + at, TAR_BLOCK) == 0) == (i != 3));
        CHECK(memcmp(content + at + 148, old + at + 148, 8) == 0);
    }
    CHECK(tar_restate_pack(packed, &restate) == n_packed);
    struct varint_reader r = {packed, n_packed, 0};
    CHECK(tar_restate_parse(&r, reference, &parsed) == TACIT_OK && r.pos == n_packed);
    tar_restate_restore(&parsed, reference, content, N_BYTES);
    CHECK(memcmp(content, new, N_BYTES) == 0);
}

/* A name that the older root would not fit, a file of the older root's, a wrong checksum: they come back too, or nothing is restated. */
static void check_odd(void)
{
    struct tar_restate restate;
    struct byte_view reference = {old, N_BYTES};
    for (unsigned odd = 0; odd < 3; odd++) {
        fill("x", "14715166727");
        uint8_t *header = new + 4 * TAR_BLOCK;
        if (odd == 0)
            memset(header + 2, 'y', 98);
        if (odd == 1)
            memcpy(header, "thing-1.9/file2", 16);
        if (odd == 2)
            header[150] ^= 1;
        memcpy(content, new, N_BYTES);
        tar_restate_apply(&restate, reference, content, N_BYTES);
        if (restate.used)
            tar_restate_restore(&restate, reference, content, N_BYTES);
        CHECK_MSG(memcmp(content, new, N_BYTES) == 0, "odd %u", odd);
    }
}

static void check_others(void)
{
    struct tar_restate restate;
    struct byte_view reference = {old, N_BYTES}, none = {old + 1, 3 * TAR_BLOCK};
    fill("thing-2", "14715166727");
    tar_restate_apply(&restate, none, content, N_BYTES);
    CHECK(!restate.used);
    for (unsigned i = 0; i < N_FILES; i++)
        put_file(content + (size_t)i * 2 * TAR_BLOCK, "thing-2", i + 50, 9, "14715166727");
    memcpy(new, content, N_BYTES);
    tar_restate_apply(&restate, reference, content, N_BYTES);
    CHECK(!restate.used && memcmp(content, new, N_BYTES) == 0);
}

static void check_wrong(void)
{
    static const uint8_t wrong[][8] = {{2 * N_FILES * 2, 0, 0},
                                       {0, 10, 0},
                                       {0, 9, 92},
                                       {0, 0, 101},
                                       {1, 0, 0, 0, 0, 0, 0, 2}}; /* a time of 2^33 */
    struct tar_restate restate;
    fill("thing-2", "14715166727");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct varint_reader r = {wrong[i], sizeof wrong[i], 0};
        CHECK(tar_restate_parse(&r, (struct byte_view){old, N_BYTES}, &restate) ==
              TACIT_ERR_CORRUPT);
    }
}

int main(void)
{
    check_way("thing-1.9", "14604570525", 3);
    check_way("thing-1.10", "14715166727", 3 + 2 + 5);
    check_way("thing-2", "14604570525", 3 + 1);
    check_odd();
    check_others();
    check_wrong();
    return check_result();
}
