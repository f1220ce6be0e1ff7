/* SPDX-License-Identifier: Apache-2.0
 *
 * XXH3 as the container uses it. The values are numbers, the same on machines of either byte order;
 * the container stores them little-endian. One-shot functions keep no state; a stream belongs to
 * one thread at a time.
 */
#ifndef TACIT_BASE_HASH_H
#define TACIT_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

/* XXH3, 64 bits. data may be NULL if n_bytes is 0. */
uint64_t hash64(const void *data, size_t n_bytes, uint64_t seed);

struct hash128 {
    uint64_t low, high;
};

static inline bool hash128_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* XXH3, 128 bits. data may be NULL if n_bytes is 0. */
struct hash128 hash128(const void *data, size_t n_bytes);

/* The same, fed in pieces. */
struct hash_stream;

/* On failure *stream is NULL. */
enum tacit_status hash_stream_create(struct hash_stream **stream);
void hash_stream_reset(struct hash_stream *stream);
void hash_stream_update(struct hash_stream *stream, const void *data, size_t n_bytes);
struct hash128 hash_stream_value(const struct hash_stream *stream);
void hash_stream_destroy(struct hash_stream *stream); /* NULL is allowed */

#endif
