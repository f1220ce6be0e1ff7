/* SPDX-License-Identifier: Apache-2.0
 *
 * Planted repeats are found, every match is true, and blocks that copy come back.
 */
#include "methods/context/long_match.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { N = 200000, MAX = 16 };

static uint8_t data[N], archive[N + 1000], restored[N];

static size_t find(size_t n, struct long_match *matches)
{
    size_t n_found, end = 0;
    CHECK(long_match_find((struct byte_view){NULL, 0}, data, n, matches, MAX, &n_found) ==
          TACIT_OK);
    for (size_t i = 0; i < n_found; i++) {
        struct long_match m = matches[i];
        CHECK(m.start >= end && m.distance >= 1 && m.distance <= m.start);
        CHECK(m.n_bytes >= LONG_MATCH_MIN && m.n_bytes <= n - m.start);
        end = (size_t)m.start + m.n_bytes;
        size_t n_wrong = 0;
        for (size_t k = m.start; k < end; k++)
            n_wrong += data[k] != data[k - m.distance];
        CHECK_MSG(n_wrong == 0, "%zu of match %zu", n_wrong, i);
    }
    return n_found;
}

static size_t check_archive(size_t n)
{
    struct tacit_options options;
    size_t n_archive, n_restored;
    tacit_options_init(&options);
    options.level = 2;
    CHECK(tacit_buffer_compress(data, n, archive, sizeof archive, &n_archive, &options) ==
          TACIT_OK);
    CHECK(tacit_buffer_decompress(archive, n_archive, restored, N, &n_restored, &options) ==
          TACIT_OK);
    CHECK(n_restored == n && memcmp(data, restored, n) == 0);
    return n_archive;
}

int main(void)
{
    struct long_match matches[MAX];
    sample_fill(data, N, SAMPLE_RANDOM, 1);
    CHECK(find(N, matches) == 0);

    /* Two repeats at odd places, the second of the first's copy; one byte short of the least. */
    memcpy(data + 70001, data + 333, 10000);
    memcpy(data + 120007, data + 72000, 6000);
    memcpy(data + 150000, data + 20000, LONG_MATCH_MIN - 2);
    CHECK(find(N, matches) == 2);
    CHECK(matches[0].start == 70001 && matches[0].n_bytes == 10000 && matches[0].distance == 69668);
    CHECK(matches[1].start == 120007 && matches[1].n_bytes == 6000);
    size_t n_archive = check_archive(N);
    CHECK_MSG(n_archive < N - 16000 + 100, "%zu", n_archive);

    /* Runs: the source overlaps the copy. */
    sample_fill(data, N, SAMPLE_ZEROS, 0);
    CHECK(find(N, matches) >= 1);
    CHECK(check_archive(N) < 60);
    for (size_t n = 0; n < 6000; n += 499)
        find(n, matches);

    /* More repeats than may be told. */
    sample_fill(data, 5000, SAMPLE_RANDOM, 2);
    for (size_t i = 5000; i < N; i++)
        data[i] = i % 5001 == 0 ? (uint8_t)(i / 5001) : data[i - 5000];
    CHECK(find(N, matches) == MAX);
    check_archive(N);
    return check_result();
}
