/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/min_hash.h"

#include "base/hash.h"

enum { ROWS = MIN_HASH_BINS / MIN_HASH_BANDS };

static void fill_empty(struct min_hash *s)
{
    /* Each empty bin takes the value of the next filled bin, changed by the distance to it. */
    uint32_t value = 0, distance = 0;
    for (unsigned i = 2 * MIN_HASH_BINS; i-- > 0;) {
        uint32_t *bin = &s->bin[i % MIN_HASH_BINS];
        if (*bin != UINT32_MAX) {
            value = *bin;
            distance = 0;
        } else if (i < MIN_HASH_BINS) {
            *bin = value + ++distance * 0x9e3779b9u;
            if (*bin == UINT32_MAX)
                *bin = 0;
        } else {
            distance++;
        }
    }
}

void min_hash_make(struct min_hash *s, const uint8_t *data, size_t n)
{
    size_t n_strings = n > MIN_HASH_STRING ? n - MIN_HASH_STRING + 1 : 1;
    size_t n_string = n < MIN_HASH_STRING ? n : MIN_HASH_STRING;
    for (unsigned i = 0; i < MIN_HASH_BINS; i++)
        s->bin[i] = UINT32_MAX;
    for (size_t i = 0; i < n_strings; i++) {
        uint64_t h = hash64(data + i, n_string, 0);
        uint32_t *bin = &s->bin[h % MIN_HASH_BINS], value = (uint32_t)(h >> 32);
        if (value < *bin)
            *bin = value;
    }
    fill_empty(s);
}

double min_hash_similarity(const struct min_hash *a, const struct min_hash *b)
{
    unsigned n = 0;
    for (unsigned i = 0; i < MIN_HASH_BINS; i++)
        n += a->bin[i] == b->bin[i];
    return (double)n / MIN_HASH_BINS;
}

uint64_t min_hash_band(const struct min_hash *s, unsigned band)
{
    uint64_t h = band;
    for (unsigned i = 0; i < ROWS; i++)
        h = (h ^ s->bin[band * ROWS + i]) * 0x9e3779b97f4a7c15u + (h >> 29);
    return h ^ h >> 32;
}
