/* SPDX-License-Identifier: Apache-2.0
 *
 * Carry-less binary arithmetic coder (the lineage of paq and lpaq, widened to 64 bits).
 *
 * The coder keeps an interval [low, high] of 64-bit numbers. A bit splits it in proportion to its
 * probability; leading bytes on which both ends agree are final and are shifted out. Probabilities
 * are 32-bit fractions, so a bit predicted at 1 - 2^-20 costs 2^-20 / ln 2 bits: the rounding loss
 * is below 2^-24 of the interval except in straddles that occur once in some 2^24 bytes.
 *
 * Encoder: binary_encoder_init, binary_encode per bit, binary_encoder_finish once. The caller keeps the coded
 * length; the decoder reads zeros beyond it. Decoder: binary_decoder_init, binary_decode with the same
 * probabilities in the same order. The coder knows no model. Not thread-safe for one handle;
 * handles are independent.
 */
#ifndef TACIT_CODER_BINARY_CODER_H
#define TACIT_CODER_BINARY_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binary_encoder {
    uint64_t low, high; /* inclusive */
    uint8_t *out;
    size_t n_out;
    size_t out_cap;
    bool overflow; /* out was too small: the output is unusable; further bits are accepted and
                      dropped */
};

struct binary_decoder {
    uint64_t low, high; /* inclusive */
    uint64_t code;      /* the 64 bits of input at the interval's position */
    const uint8_t *in;
    size_t n_in;
    size_t pos; /* may run past n_in: those bytes read as zero */
};

void binary_encoder_init(struct binary_encoder *enc, uint8_t *out, size_t out_cap);

/* Ends the output with the fewest bytes that lie in the last interval (0 to 8). Returns the total
 * length, or SIZE_MAX if it did not fit into out_cap. */
size_t binary_encoder_finish(struct binary_encoder *enc);

void binary_decoder_init(struct binary_decoder *dec, const uint8_t *in, size_t n_in);

void binary_encoder_shift(struct binary_encoder *enc);
void binary_decoder_shift(struct binary_decoder *dec);

/* The last number of the interval's lower part, which codes a 1. low <= middle < high holds
 * whenever low < high, so no part is ever empty. p1_q32: 1 .. 2^32 - 1. */
static inline uint64_t binary_coder_split(uint64_t low, uint64_t high, uint32_t p1_q32)
{
    uint64_t range = high - low;
    /* range * p1 / 2^32 without a 128-bit product. */
    return low + (range >> 32) * p1_q32 + (((range & 0xffffffffu) * p1_q32) >> 32);
}

static inline bool binary_coder_settled(uint64_t low, uint64_t high)
{
    return ((low ^ high) >> 56) == 0;
}

static inline void binary_encode(struct binary_encoder *enc, int bit, uint32_t p1_q32)
{
    uint64_t middle = binary_coder_split(enc->low, enc->high, p1_q32);
    enc->high = bit ? middle : enc->high;
    enc->low = bit ? enc->low : middle + 1;
    if (binary_coder_settled(enc->low, enc->high))
        binary_encoder_shift(enc);
}

static inline int binary_decode(struct binary_decoder *dec, uint32_t p1_q32)
{
    uint64_t middle = binary_coder_split(dec->low, dec->high, p1_q32);
    int bit = dec->code <= middle;
    dec->high = bit ? middle : dec->high;
    dec->low = bit ? dec->low : middle + 1;
    if (binary_coder_settled(dec->low, dec->high))
        binary_decoder_shift(dec);
    return bit;
}

#endif
