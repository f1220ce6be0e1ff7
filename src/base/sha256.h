/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4), fed in pieces, for the identities of models. About 300 MB/s, and eight
 * times that with the processor's SHA instructions (x86-64). Not for secrets: timing and left-over
 * memory are not protected.
 */
#ifndef TACIT_BASE_SHA256_H
#define TACIT_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

/* The inner loop: takes n_blocks times 64 bytes at data, of any alignment, into state. */
typedef void sha256_blocks_fn(uint32_t state[8], const uint8_t *data, size_t n_blocks);

struct sha256 {
    uint32_t state[8];
    uint64_t n_bytes;
    sha256_blocks_fn *take_blocks;
    uint8_t block[64]; /* the last n_bytes % 64 bytes, not yet taken in */
};

void sha256_init(struct sha256 *sha);

/* data may be NULL if n_bytes is 0. */
void sha256_update(struct sha256 *sha, const void *data, size_t n_bytes);

/* Ends the hash; sha256_init starts another. */
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* The inner loop in plain C, and by the processor's instructions, which only sha256_blocks_choose
 * may hand out. Both give the same bytes. */
sha256_blocks_fn sha256_blocks_scalar;
#if defined(__x86_64__)
sha256_blocks_fn sha256_blocks_shani;
#endif

/* The fastest inner loop that this machine can run. Takes up to some tens of microseconds: call it
 * once for each hash. */
sha256_blocks_fn *sha256_blocks_choose(void);

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
extern const uint32_t sha256_round_constants[64];

#endif
