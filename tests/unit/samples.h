/* SPDX-License-Identifier: Apache-2.0
 *
 * Content for tests, made from a seed: the same on every machine.
 */
#ifndef TACIT_TESTS_SAMPLES_H
#define TACIT_TESTS_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum sample_kind {
    SAMPLE_ZEROS,
    SAMPLE_RANDOM,
    SAMPLE_RUNS,    /* of random bytes and lengths */
    SAMPLE_TEXT,    /* words of a small vocabulary */
    SAMPLE_RECORDS, /* rows of 16 bytes with counters */
    SAMPLE_BYTES,   /* 0, 1, 2 ... 255, 0 ... */
    SAMPLE_MIXED,   /* stretches of all the others */
    N_SAMPLE_KINDS
};

static inline uint32_t sample_rng(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static inline size_t sample_text(uint8_t *out, size_t n, uint64_t *state)
{
    static const char *const words[16] = {
        "the ",     "of ",    "and ",      "a ", "archive ", "block ", "bit. ",  "model ",
        "predicts", " what ", "follows, ", "\n", "length ",  "two ",   "sides ", "know "};
    size_t pos = 0;
    while (pos < n) {
        const char *word = words[sample_rng(state) >> 28];
        size_t n_word = strlen(word);
        if (n_word > n - pos)
            n_word = n - pos;
        memcpy(out + pos, word, n_word);
        pos += n_word;
    }
    return n;
}

static inline void sample_fill(uint8_t *out, size_t n, enum sample_kind kind, uint64_t seed)
{
    uint64_t state = seed * 2 + 1;
    uint8_t run = 0;
    size_t n_run = 0;
    if (kind == SAMPLE_TEXT) {
        sample_text(out, n, &state);
        return;
    }
    if (kind == SAMPLE_MIXED) {
        for (size_t pos = 0; pos < n;) {
            size_t n_part = 1 + sample_rng(&state) % 5000;
            if (n_part > n - pos)
                n_part = n - pos;
            enum sample_kind part = (enum sample_kind)(sample_rng(&state) % SAMPLE_MIXED);
            sample_fill(out + pos, n_part, part, sample_rng(&state));
            pos += n_part;
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (kind == SAMPLE_RANDOM) {
            out[i] = (uint8_t)(sample_rng(&state) >> 24);
        } else if (kind == SAMPLE_RUNS) {
            if (n_run-- == 0) {
                run = (uint8_t)(sample_rng(&state) >> 24);
                n_run = sample_rng(&state) % 100;
            }
            out[i] = run;
        } else if (kind == SAMPLE_RECORDS) {
            out[i] = (uint8_t)(i % 16 == 0 ? i / 16 : i % 16 < 4 ? 0 : i % 16 * 7 + (i / 160 & 3));
        } else {
            out[i] = kind == SAMPLE_BYTES ? (uint8_t)i : 0;
        }
    }
}

#endif
