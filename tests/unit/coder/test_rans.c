/* SPDX-License-Identifier: Apache-2.0
 *
 * rANS: what goes in comes out, at the entropy's length; input that is short or wrong is noticed.
 */
#include "coder/rans.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "unit/samples.h"

enum { N_SYMBOLS = 20000, ALPHABET = 50000 };

static uint32_t bound[ALPHABET + 1]; /* the symbols' parts */
static struct rans_part parts[N_SYMBOLS];
static uint8_t coded[RANS_HEAD + 4 * N_SYMBOLS];

/* Most symbols have a single part, a few share the rest by halves. */
static void make_alphabet(void)
{
    uint32_t left = RANS_TOTAL - ALPHABET, at = 0;
    for (uint32_t s = 0; s < ALPHABET; s++) {
        uint32_t n = 1;
        if (s % 2500 == 7) {
            n += left / 2;
            left -= left / 2;
        }
        bound[s] = at;
        at += n;
    }
    bound[ALPHABET] = RANS_TOTAL;
}

static uint32_t find(uint32_t slot)
{
    uint32_t low = 0, high = ALPHABET;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (bound[middle] <= slot)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t decode(size_t n_coded, size_t n)
{
    struct rans_decoder dec;
    rans_decoder_init(&dec, coded, n_coded);
    size_t n_right = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t s = find(rans_peek(&dec));
        n_right += bound[s] == parts[i].start;
        rans_take(&dec, (struct rans_part){bound[s], bound[s + 1] - bound[s]});
    }
    return rans_decoder_is_done(&dec) ? n_right : SIZE_MAX;
}

static void check_symbols(size_t n, bool rare, uint64_t *state)
{
    double bits = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t s = rare && sample_rng(state) % 4 == 0 ? sample_rng(state) % ALPHABET
                                                        : find(sample_rng(state) % RANS_TOTAL);
        parts[i] = (struct rans_part){bound[s], bound[s + 1] - bound[s]};
        bits += RANS_TOTAL_LOG2 - log2(parts[i].n);
    }
    size_t n_coded = rans_encode(parts, n, coded, sizeof coded);
    CHECK_MSG((double)n_coded <= bits / 8 * 1.001 + RANS_HEAD && (double)n_coded + 1 >= bits / 8,
              "%zu symbols, %.0f bits, %zu bytes", n, bits, n_coded);
    CHECK_MSG(decode(n_coded, n) == n, "%zu symbols", n);
    if (n > 8) {
        CHECK(rans_encode(parts, n, coded, n_coded - 1) == SIZE_MAX);
        CHECK(rans_encode(parts, n, coded, n_coded) == n_coded);
        CHECK(decode(n_coded - 4, n) == SIZE_MAX);
        coded[n_coded / 2] ^= 1;
        CHECK(decode(n_coded, n) != n);
    }
}

int main(void)
{
    uint64_t state = 1;
    make_alphabet();
    for (size_t n = 0; n < 40; n++)
        check_symbols(n, n % 2, &state);
    check_symbols(N_SYMBOLS, false, &state);
    check_symbols(N_SYMBOLS, true, &state);
    CHECK(decode(0, 0) == SIZE_MAX && decode(RANS_HEAD - 1, 3) == SIZE_MAX);
    return check_result();
}
