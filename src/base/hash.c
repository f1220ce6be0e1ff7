/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(const void *data, size_t n_bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(n_bytes ? data : "", n_bytes, seed);
}

static XXH3_state_t *state_of(struct hash_stream *stream)
{
    return (XXH3_state_t *)(void *)stream;
}

enum tacit_status hash_stream_create(struct hash_stream **stream)
{
    *stream = (struct hash_stream *)(void *)XXH3_createState();
    if (!*stream)
        return TACIT_ERR_MEMORY;
    hash_stream_reset(*stream);
    return TACIT_OK;
}

void hash_stream_reset(struct hash_stream *stream)
{
    (void)XXH3_128bits_reset(state_of(stream));
}

void hash_stream_update(struct hash_stream *stream, const void *data, size_t n_bytes)
{
    if (n_bytes > 0)
        (void)XXH3_128bits_update(state_of(stream), data, n_bytes);
}

static struct hash128 number_of(XXH128_hash_t value)
{
    return (struct hash128){.low = value.low64, .high = value.high64};
}

struct hash128 hash128(const void *data, size_t n_bytes)
{
    return number_of(XXH3_128bits(n_bytes ? data : "", n_bytes));
}

struct hash128 hash_stream_value(const struct hash_stream *stream)
{
    return number_of(XXH3_128bits_digest((const XXH3_state_t *)(const void *)stream));
}

void hash_stream_destroy(struct hash_stream *stream)
{
    (void)XXH3_freeState(state_of(stream));
}
