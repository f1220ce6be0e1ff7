/* SPDX-License-Identifier: Apache-2.0
 *
 * Interleaved rANS (Duda's range variant of asymmetric numeral systems) for whole symbols of large
 * alphabets: frequencies are parts of 2^30, so that in a vocabulary of 50,000 tokens the rarest may
 * have one part without a loss for the others (about 2^-14 bits a symbol; with parts of 2^16 it
 * would be bits).
 *
 * Four states of 64 bits take turns, symbol by symbol, so that their divisions overlap. Moving
 * words of 32 bits in and out keeps each state in [2^31, 2^63). The symbol encoded last is decoded
 * first, so the encoder takes all symbols at once. Coded form: the four states, then words of 32
 * bits, all little-endian.
 *
 * Not thread-safe for one handle; handles are independent.
 */
#ifndef TACIT_CODER_RANS_H
#define TACIT_CODER_RANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { RANS_TOTAL_LOG2 = 30, RANS_LANES = 4, RANS_HEAD = 8 * RANS_LANES };

#define RANS_TOTAL (UINT32_C(1) << RANS_TOTAL_LOG2)
#define RANS_LOW   (UINT64_C(1) << 31)

/* Parts start .. start + n - 1 of RANS_TOTAL; n is at least 1. */
struct rans_part {
    uint32_t start, n;
};

/* Writes the symbols' parts to out. Returns the length, SIZE_MAX if that is more than out_cap. */
size_t rans_encode(const struct rans_part *parts, size_t n_parts, uint8_t *out, size_t out_cap);

struct rans_decoder {
    uint64_t state[RANS_LANES];
    unsigned lane;
    const uint8_t *in;
    size_t n_in;
    size_t pos; /* beyond n_in if words were missing, which read as zero */
};

/* Per symbol: rans_peek, find the symbol whose part holds the result, rans_take with that part. */
void rans_decoder_init(struct rans_decoder *dec, const uint8_t *in, size_t n_in);

/* Whether all input was read and the states have the values that the encoder began with. */
bool rans_decoder_is_done(const struct rans_decoder *dec);

static inline uint32_t rans_peek(const struct rans_decoder *dec)
{
    return (uint32_t)dec->state[dec->lane] & (RANS_TOTAL - 1);
}

static inline void rans_take(struct rans_decoder *dec, struct rans_part part)
{
    uint64_t x = dec->state[dec->lane];
    uint32_t within = ((uint32_t)x & (RANS_TOTAL - 1)) - part.start;
    x = part.n * (x >> RANS_TOTAL_LOG2) + within;
    if (x < RANS_LOW) {
        x = x << 32 |
            (dec->n_in - dec->pos >= 4 && dec->pos < dec->n_in ? load_le32(dec->in + dec->pos) : 0);
        dec->pos += 4;
    }
    dec->state[dec->lane] = x;
    dec->lane = (dec->lane + 1) % RANS_LANES;
}

#endif
