/* SPDX-License-Identifier: Apache-2.0
 *
 * Dumps of many programs become their bytes and come back: of any length, with lines left out, among other lines, one behind
 * the other, with any character changed; what only looks like a dump stays as it is; kinds that no finder makes.
 */
#include "content/recoding/dump_text.h"

#include <stdio.h>

#include "golden/golden_dumps.h"
#include "unit/content/recoded_back.h"
#include "unit/samples.h"

enum { BYTES_MAX = 3000, DUMP_MAX = 9 * BYTES_MAX };

static uint8_t bytes[BYTES_MAX];
static char dump[2 * DUMP_MAX + 4096];
static uint64_t state = 1;

/* All of it is found, and no more, between lines of words too. */
static void check_whole(const struct golden_dump *program, size_t n_bytes)
{
    static char among[sizeof dump];
    uint32_t start = sample_rng(&state) % 3 == 0 ? sample_rng(&state) % 9999 * program->line : 0;
    size_t n = golden_dump_write(dump, program, bytes, n_bytes, start);
    CHECK_MSG(check_text_back(dump, n) == n_bytes && found.n_stretches == 1,
              "%s: %zu bytes, %u stretches", program->program, n_bytes, found.n_stretches);
    static const char front[] = "00000000: what it holds\nabcd \n", behind[] = "and so on\n";
    memcpy(among, front, sizeof front - 1);
    memcpy(among + sizeof front - 1, dump, n);
    memcpy(among + sizeof front - 1 + n, behind, sizeof behind);
    size_t n_all = sizeof front - 1 + n + sizeof behind;
    CHECK_MSG(check_text_back(among, n_all) == n_all - n + n_bytes && found.n_stretches == 1,
              "%s among lines: %zu bytes", program->program, n_bytes);
}

static void check_programs(void)
{
    for (size_t i = 0; i < GOLDEN_N_DUMPS; i++)
        for (size_t n_bytes = 64; n_bytes < BYTES_MAX; n_bytes += 1 + n_bytes / 5)
            for (int kind = SAMPLE_RANDOM; kind < SAMPLE_MIXED; kind++) {
                sample_fill(bytes, n_bytes, (enum sample_kind)kind, n_bytes);
                sample_fill(bytes, 64, SAMPLE_RANDOM, 1); /* lines unlike each other */
                check_whole(&golden_dumps[i], n_bytes);
            }
}

/* Lines that are left out are no more bytes than the dump has characters so far; behind others another dump
 * begins. */
static void check_zeros(void)
{
    const struct golden_dump *hexdump = &golden_dumps[1];
    memset(bytes, 0, BYTES_MAX);
    for (size_t n_front = 16; n_front <= 800; n_front += 112)
        for (size_t n_zeros = 0; n_zeros <= 2080; n_zeros += 130) {
            sample_fill(bytes, n_front, SAMPLE_RANDOM, n_front);
            memset(bytes + n_front, 0, n_zeros);
            sample_fill(bytes + n_front + n_zeros, 100, SAMPLE_RANDOM, 1);
            size_t n = golden_dump_write(dump, hexdump, bytes, n_front + n_zeros + 100, 0);
            size_t n_recoded = check_text_back(dump, n);
            bool whole = n_zeros + n_front <= n_front / 16 * 79;
            CHECK_MSG(n_recoded <= n && (!whole || n_recoded == n_front + n_zeros + 100),
                      "%zu, %zu zeros: %zu", n_front, n_zeros, n_recoded);
        }
    memset(bytes, 7, BYTES_MAX); /* written though it could be left out */
    size_t n = golden_dump_write(dump, &golden_dumps[0], bytes, BYTES_MAX, 0);
    CHECK(check_text_back(dump, n) == BYTES_MAX);
}

/* Packets: short dumps that begin at 0, with a line between them. */
static void check_packets(void)
{
    size_t n = 0, n_bytes = 0;
    for (int i = 0; i < 40; i++) {
        size_t n_packet = 40 + sample_rng(&state) % 200;
        sample_fill(bytes, n_packet, SAMPLE_RECORDS, (uint64_t)i);
        n += (size_t)sprintf(dump + n, "12:31:%02d IP 10.0.0.7.22 > 10.0.0.9: length %zu\n", i,
                             n_packet);
        n += golden_dump_write(dump + n, &golden_dumps[5], bytes, n_packet, 0);
        n_bytes += n_packet;
    }
    CHECK(check_text_back(dump, n) < n_bytes + 40 * 60 && found.n_stretches == 40);
}

/* Cut, and with characters changed: it comes back. */
static void check_changed(void)
{
    static const char characters[] = "0aA |>*\n:.x9";
    for (int round = 0; round < 4000; round++) {
        const struct golden_dump *program = &golden_dumps[sample_rng(&state) % GOLDEN_N_DUMPS];
        size_t n_bytes = fill_for_changes(bytes, round, &state);
        size_t n =
            golden_dump_write(dump, program, bytes, n_bytes, round % 5 == 0 ? 0xfffffff0 : 0);
        check_changed_back(dump, n, characters, &state);
    }
}

static void check_left_alone(void)
{
    static const char *const lines[] = {
        "%08x T symbol_%u\n",       "%08x: %u bytes\n", "%04x %04u\n", "%08x  55 push %u\n",
        "%06x  00 01 02 03 %03u\n", "%08x:\n",          "%04x beef\n", "cafe: babe %x %u\n"};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        size_t n = 0;
        for (unsigned i = 0; i < 50; i++)
            n += (size_t)snprintf(dump + n, 99, lines[k], i * 16, i);
        CHECK_MSG(check_text_back(dump, n) == n && found.n_stretches == 0, "%s", lines[k]);
    }
}

/* Any layout that an archive may claim is written without a character too many, and read again. */
static void check_claimed(void)
{
    static uint8_t written[2 * DUMP_MAX], read[DUMP_MAX];
    for (int round = 0; round < 3000; round++) {
        struct recoding_kind kind;
        uint8_t list[RECODING_KIND_BYTES_MAX];
        for (size_t i = 0; i < sizeof list; i++)
            list[i] = (uint8_t)sample_rng(&state);
        list[0] = (uint8_t)(RECODING_DUMP | (list[0] & DUMP_FLAGS));
        struct varint_reader r = {list, sizeof list, 0};
        if (recoding_kind_read(&r, &kind) != TACIT_OK)
            continue;
        size_t n_bytes = 1 + sample_rng(&state) % 300;
        sample_fill(bytes, n_bytes, SAMPLE_RUNS, (uint64_t)round);
        size_t n = dump_text_write(&kind, bytes, n_bytes, written, sizeof written);
        CHECK(n != SIZE_MAX && dump_text_write(&kind, bytes, n_bytes, written, n) == n);
        CHECK(dump_text_write(&kind, bytes, n_bytes, written, n - 1) == SIZE_MAX);
        struct recoding_kind again;
        uint8_t packed[RECODING_KIND_BYTES_MAX];
        struct varint_reader p = {packed, recoding_kind_put(packed, &kind), 0};
        CHECK(recoding_kind_read(&p, &again) == TACIT_OK && p.pos == p.n && r.pos == p.n);
        if (kind.n_separator == 0 && !(kind.code & DUMP_SQUEEZED) && kind.dump.start >> 62 == 0) {
            dump_text_read(&again, written, n, read, n_bytes);
            CHECK(memcmp(read, bytes, n_bytes) == 0);
        }
    }
}

static void check_wrong(void)
{
    static const struct claimed_kind kinds[] = {
        {{0x30, 0x47, 0x4f, 0x49, 0, 0}, true},
        {{0x3f, 0xcf, 0xff, 0xff, 0, 0x7f, 1, ' '}, true}, /* 16 digits: two numbers */
        {{0x30, 0x77, 0x4f, 0x49, 0, 0}, false},           /* no such base */
        {{0x30, 0x47, 0x4f, 0x49, 0, 17}, false},          /* a long prefix */
        {{0x30, 0x47, 0x4f, 0x49, 0x80, 0, 0}, false},     /* a longer form than need be */
        {{0x60, 0x47, 0x4f, 0x49, 0, 0}, false},           /* no such form */
    };
    check_claimed_kinds(kinds, sizeof kinds / sizeof *kinds);
}

int main(void)
{
    check_programs();
    check_zeros();
    check_packets();
    check_changed();
    check_left_alone();
    check_claimed();
    check_wrong();
    return check_result();
}
