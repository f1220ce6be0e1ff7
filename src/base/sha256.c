/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

const uint32_t sha256_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void store_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void expand(uint32_t w[64], const uint8_t *block)
{
    for (int i = 0; i < 16; i++)
        w[i] = load_be32(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

/* One round; the caller renames the eight words instead of moving them. */
static inline void round_step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
                              uint32_t f, uint32_t g, uint32_t *h, uint32_t input)
{
    uint32_t choice = g ^ (e & (f ^ g)), majority = (a & b) | (c & (a | b));
    uint32_t t = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + input;
    *d += t;
    *h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
}

static void take_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], s[8];
    expand(w, block);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i += 8)
        for (int j = 0; j < 8; j++) {
#define WORD(n) s[((n)-j) & 7]
            round_step(WORD(0), WORD(1), WORD(2), &WORD(3), WORD(4), WORD(5), WORD(6), &WORD(7),
                       sha256_round_constants[i + j] + w[i + j]);
#undef WORD
        }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_blocks_scalar(uint32_t state[8], const uint8_t *data, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks; i++)
        take_block(state, data + 64 * i);
}

/* The instructions use vector registers that every x86-64 system saves, so that the system need not
 * be asked. */
sha256_blocks_fn *sha256_blocks_choose(void)
{
#if defined(__x86_64__)
    uint32_t a, b, c, d, unused;
    if (__get_cpuid(1, &a, &unused, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1) &&
        __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA))
        return sha256_blocks_shani;
#endif
    return sha256_blocks_scalar;
}

void sha256_init(struct sha256 *sha)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, initial, sizeof initial);
    sha->n_bytes = 0;
    sha->take_blocks = sha256_blocks_choose();
}

void sha256_update(struct sha256 *sha, const void *data, size_t n_bytes)
{
    const uint8_t *p = data;
    while (n_bytes > 0) {
        size_t held = sha->n_bytes % 64, n = 64 - held < n_bytes ? 64 - held : n_bytes;
        if (held == 0 && n_bytes >= 64) {
            n = n_bytes - n_bytes % 64;
            sha->take_blocks(sha->state, p, n / 64);
        } else {
            memcpy(sha->block + held, p, n);
            if (held + n == 64)
                sha->take_blocks(sha->state, sha->block, 1);
        }
        sha->n_bytes += n;
        p += n;
        n_bytes -= n;
    }
}

void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t n_bits = sha->n_bytes * 8;
    uint8_t length[8];
    store_be32(length, (uint32_t)(n_bits >> 32));
    store_be32(length + 4, (uint32_t)n_bits);
    sha256_update(sha, padding, 1 + (119 - sha->n_bytes % 64) % 64);
    sha256_update(sha, length, sizeof length);
    for (int i = 0; i < 8; i++)
        store_be32(digest + 4 * i, sha->state[i]);
}
