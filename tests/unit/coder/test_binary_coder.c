/* SPDX-License-Identifier: Apache-2.0 */
#include "coder/binary_coder.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { N_BITS = 200000 };

static uint64_t rng_state;

static uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* A probability of every kind: even, skewed, and the two extremes. */
static uint32_t any_probability(void)
{
    uint32_t r = rng();
    switch (r & 3) {
    case 0:
        return rng() | 1;
    case 1:
        return 1 + (rng() >> (rng() & 31)) / 2;
    case 2:
        return UINT32_MAX - (rng() >> (rng() & 31)) / 2;
    default:
        return r & 4 ? 1 : UINT32_MAX;
    }
}

static void check_round_trip(uint64_t seed, size_t n_bits, bool contrary)
{
    static uint8_t out[N_BITS * 5 + 16];
    struct binary_encoder enc;
    struct binary_decoder dec;

    rng_state = seed;
    binary_encoder_init(&enc, out, sizeof out);
    for (size_t i = 0; i < n_bits; i++) {
        uint32_t p = any_probability();
        int bit = contrary ? p < 0x80000000u : rng() <= p;
        binary_encode(&enc, bit, p);
    }
    size_t n_out = binary_encoder_finish(&enc);
    CHECK(n_out != SIZE_MAX);

    rng_state = seed;
    size_t n_wrong = 0;
    binary_decoder_init(&dec, out, n_out);
    for (size_t i = 0; i < n_bits; i++) {
        uint32_t p = any_probability();
        int bit = contrary ? p < 0x80000000u : rng() <= p;
        n_wrong += binary_decode(&dec, p) != bit;
    }
    CHECK_MSG(n_wrong == 0, "seed %lu, %zu bits: %zu wrong", (unsigned long)seed, n_bits, n_wrong);
}

/* A million bits of which each was expected at 1 - 2^-16 cost 22 bits, so 3 bytes and the end. */
static void check_cost_of_certainty(void)
{
    uint8_t out[64];
    struct binary_encoder enc;
    binary_encoder_init(&enc, out, sizeof out);
    for (int i = 0; i < 1000000; i++)
        binary_encode(&enc, 1, UINT32_MAX - 0xffff);
    size_t n_out = binary_encoder_finish(&enc);
    CHECK_MSG(n_out >= 2 && n_out <= 4, "%zu bytes", n_out);

    /* One bit that was expected at 2^-16 costs 16 bits. */
    binary_encoder_init(&enc, out, sizeof out);
    for (int i = 0; i < 16; i++)
        binary_encode(&enc, 0, UINT32_MAX - 0xffff);
    n_out = binary_encoder_finish(&enc);
    CHECK_MSG(n_out >= 31 && n_out <= 33, "%zu bytes", n_out);
}

static void check_overflow_is_reported(void)
{
    uint8_t out[8];
    memset(out, 0xa5, sizeof out);
    struct binary_encoder enc;
    binary_encoder_init(&enc, out, 4);
    for (int i = 0; i < 1000; i++)
        binary_encode(&enc, i & 1, 0x80000000u);
    CHECK(binary_encoder_finish(&enc) == SIZE_MAX);
    CHECK(out[4] == 0xa5 && out[7] == 0xa5);
}

int main(void)
{
    for (size_t n_bits = 0; n_bits < 300; n_bits++)
        check_round_trip(n_bits + 1, n_bits, false);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        check_round_trip(seed, N_BITS, false);
        check_round_trip(seed, N_BITS, true);
    }
    check_cost_of_certainty();
    check_overflow_is_reported();
    return check_result();
}
