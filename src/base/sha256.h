/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4), fed in pieces: names models by what they hold. Some 300 MB/s; nothing here
 * needs more, and no dependency is worth it. Not for secrets: no care is taken about timing or
 * residues.
 */
#ifndef TACIT_BASE_SHA256_H
#define TACIT_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t n_bytes;
    uint8_t block[64]; /* the last n_bytes % 64 bytes, not yet taken in */
};

void sha256_init(struct sha256 *sha);

/* data may be NULL if n_bytes is 0. */
void sha256_update(struct sha256 *sha, const void *data, size_t n_bytes);

/* Ends it; sha256_init starts another. */
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

#endif
