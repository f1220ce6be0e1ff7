/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of recodings: the way there and back, through the packed list; what tests of dumps of bytes and of words share.
 */
#ifndef TACIT_TESTS_RECODED_BACK_H
#define TACIT_TESTS_RECODED_BACK_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "content/recoding/recoding.h"
#include "unit/samples.h"

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

static inline size_t check_text_back(const char *text, size_t n)
{
    return check_back((const uint8_t *)text, n);
}

/* Bytes for a dump that will be changed. Returns how many: below 330. */
static inline size_t fill_for_changes(uint8_t *bytes, int round, uint64_t *state)
{
    size_t n = 30 + sample_rng(state) % 300;
    sample_fill(bytes, n, (enum sample_kind)(sample_rng(state) % N_SAMPLE_KINDS), 3);
    if (round % 3 == 0)
        memset(bytes + n / 4, 0, n / 2);
    return n;
}

/* A dump, in which up to three characters become others of these, and which may be cut, comes back. */
static inline void check_changed_back(char *dump, size_t n, const char *characters, uint64_t *state)
{
    size_t n_characters = strlen(characters);
    for (uint32_t k = sample_rng(state) % 4; k > 0; k--)
        dump[sample_rng(state) % n] = characters[sample_rng(state) % n_characters];
    size_t cut = sample_rng(state) % 3 == 0 ? sample_rng(state) % n : 0;
    check_text_back(dump + cut, n - cut - sample_rng(state) % (n - cut));
}

/* A packed kind of recoding, and whether it may stand in an archive. */
struct claimed_kind {
    uint8_t bytes[12];
    bool right;
};

static inline void check_claimed_kinds(const struct claimed_kind *kinds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct recoding_kind kind;
        struct varint_reader r = {kinds[i].bytes, sizeof kinds[i].bytes, 0};
        CHECK_MSG((recoding_kind_read(&r, &kind) == TACIT_OK) == kinds[i].right, "kind %zu", i);
    }
}

#endif
