/* SPDX-License-Identifier: Apache-2.0
 *
 * The transforms give back any bytes, above all those in which instructions overlap.
 */
#include "content/transform.h"

#include <stdbool.h>
#include <string.h>

#include "check.h"

enum { N_MAX = 4096, N_ROUNDS = 2000 };

static uint64_t rng_state = 1;

static uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* Few values, so that opcodes, prefixes and operands' ends meet in every way. */
static void fill_with_opcodes(uint8_t *data, size_t n)
{
    static const uint8_t values[] = {0xe8, 0xe9, 0x0f, 0x80, 0x8f, 0x48, 0x4f, 0x8b,
                                     0x8d, 0x89, 0x05, 0x3d, 0x00, 0xff, 0x01, 0x7f};
    for (size_t i = 0; i < n; i++)
        data[i] = values[rng() % sizeof values];
}

static void fill_random(uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)rng();
}

static bool comes_back(const struct content *content, const uint8_t *data, size_t n)
{
    static uint8_t work[N_MAX + 2];
    work[0] = work[n + 1] = 0xa5;
    memcpy(work + 1, data, n);
    transform_apply(content, work + 1, n);
    transform_restore(content, work + 1, n);
    return memcmp(work + 1, data, n) == 0 && work[0] == 0xa5 && work[n + 1] == 0xa5;
}

static void check_round_trips(void)
{
    static uint8_t data[N_MAX];
    for (int type = 0; type < CONTENT_N_TYPES; type++)
        for (size_t round = 0; round < N_ROUNDS; round++) {
            size_t n = round < 64 ? round : rng() % (N_MAX + 1);
            struct content content = {(enum content_type)type, 4, (uint32_t)(round % 4)};
            if (round & 1)
                fill_with_opcodes(data, n);
            else
                fill_random(data, n);
            CHECK_MSG(comes_back(&content, data, n), "type %d, %zu bytes, round %zu", type, n,
                      round);
        }
}

/* Two calls of one function and a load of one variable from two places get the same operands. */
static void check_calls_agree(void)
{
    static const struct content x86 = {CONTENT_X86, 0, 0};
    uint8_t code[64] = {0};
    memcpy(code + 3, "\xe8\x10\x00\x00\x00", 5);
    memcpy(code + 20, "\xe8\xff\xff\xff\xff", 5);
    memcpy(code + 30, "\x0f\x84\xf4\xff\xff\xff", 6);
    memcpy(code + 42, "\x48\x8b\x05\xe7\xff\xff\xff", 7);
    transform_apply(&x86, code, sizeof code);
    CHECK(memcmp(code + 4, code + 21, 4) == 0 && code[4] == 24);
    CHECK(memcmp(code + 4, code + 32, 4) == 0 && memcmp(code + 4, code + 45, 4) == 0);
}

static void check_samples_swapped(void)
{
    static const struct content audio = {CONTENT_AUDIO16, 4, 1};
    uint8_t data[] = "x1234567";
    transform_apply(&audio, data, 8);
    CHECK(memcmp(data,
                 "x\xb2"
                 "1\xb4"
                 "3\xb6"
                 "57",
                 8) == 0);
}

int main(void)
{
    check_round_trips();
    check_calls_agree();
    check_samples_swapped();
    return check_result();
}
