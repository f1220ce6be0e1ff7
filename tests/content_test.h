/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests of content in files share: random numbers, the same in each run, and whether a file comes back
 * from an archive of context models.
 */
#ifndef TACIT_TESTS_CONTENT_TEST_H
#define TACIT_TESTS_CONTENT_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tacit/tacit.h"

static uint64_t rng_state = 1;

static inline uint32_t below(uint32_t n)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((rng_state >> 32) * n >> 32);
}

static inline bool comes_back(const uint8_t *file, size_t n, int level)
{
    struct tacit_options options;
    size_t capacity = 2 * n + 4096, n_archive, n_back;
    uint8_t *archive = malloc(capacity), *back = malloc(n + 1);
    tacit_options_init(&options);
    options.level = level;
    options.no_model = true;
    bool same =
        tacit_buffer_compress(file, n, archive, capacity, &n_archive, &options) == TACIT_OK &&
        tacit_buffer_decompress(archive, n_archive, back, n + 1, &n_back, &options) == TACIT_OK &&
        n_back == n && memcmp(back, file, n) == 0;
    free(archive);
    free(back);
    return same;
}

#endif
