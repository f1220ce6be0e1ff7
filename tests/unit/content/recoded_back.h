/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of recodings: the way there and back, through the packed list.
 */
#ifndef TACIT_TESTS_RECODED_BACK_H
#define TACIT_TESTS_RECODED_BACK_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "content/recoding/recoding.h"

/* What was found last. */
static struct recoding found;

/* Recodes data[0 .. n), from a copy of exactly so many bytes, and back. Returns the recoded size. */
static inline size_t check_back(const uint8_t *data, size_t n)
{
    static struct recoding parsed;
    static uint8_t packed[RECODING_BYTES_MAX];
    struct byte_buffer recoded = {0};
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, data, n);
    recoding_find(&found, copy, n, 2 * n);
    free(copy);
    if (found.n_stretches == 0)
        return n;
    CHECK(byte_buffer_append(&recoded, data, n) == TACIT_OK);
    CHECK(recoding_apply(&found, &recoded) == TACIT_OK && recoded.size == found.n_bytes);
    size_t n_recoded = recoded.size, n_packed = recoding_pack(packed, &found);
    struct varint_reader r = {packed, n_packed, 0};
    CHECK(recoding_parse(&r, (uint32_t)n, &parsed) == TACIT_OK && r.pos == n_packed);
    CHECK(parsed.n_bytes == n_recoded);
    CHECK(recoding_restore(&parsed, &recoded, n, n) == TACIT_OK && recoded.size == n);
    CHECK(memcmp(recoded.data, data, n) == 0);
    byte_buffer_free(&recoded);
    return n_recoded;
}

#endif
