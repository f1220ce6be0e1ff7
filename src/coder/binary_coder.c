/* SPDX-License-Identifier: Apache-2.0 */
#include "coder/binary_coder.h"

void binary_encoder_init(struct binary_encoder *enc, uint8_t *out, size_t out_cap)
{
    *enc = (struct binary_encoder){.low = 0, .high = UINT64_MAX, .out = out, .out_cap = out_cap};
}

static void put_byte(struct binary_encoder *enc, uint8_t byte)
{
    if (enc->n_out < enc->out_cap)
        enc->out[enc->n_out++] = byte;
    else
        enc->overflow = true;
}

void binary_encoder_shift(struct binary_encoder *enc)
{
    do {
        put_byte(enc, (uint8_t)(enc->high >> 56));
        enc->low <<= 8;
        enc->high = enc->high << 8 | 0xff;
    } while (binary_coder_settled(enc->low, enc->high));
}

size_t binary_encoder_finish(struct binary_encoder *enc)
{
    /* The fewest leading bytes of a number in [low, high] whose other bytes are zero. */
    unsigned n_bytes = 0;
    uint64_t number = 0;
    if (enc->low > 0) {
        do {
            uint64_t tail = UINT64_MAX >> 8 >> (8 * n_bytes);
            n_bytes++;
            number = (enc->low + tail) & ~tail; /* wraps to a number below low if there is none */
        } while (n_bytes < 8 && (number < enc->low || number > enc->high));
    }
    for (unsigned i = 0; i < n_bytes; i++)
        put_byte(enc, (uint8_t)(number >> (56 - 8 * i)));
    return enc->overflow ? SIZE_MAX : enc->n_out;
}

static uint8_t next_byte(struct binary_decoder *dec)
{
    uint8_t byte = dec->pos < dec->n_in ? dec->in[dec->pos] : 0;
    dec->pos++;
    return byte;
}

void binary_decoder_init(struct binary_decoder *dec, const uint8_t *in, size_t n_in)
{
    *dec = (struct binary_decoder){.low = 0, .high = UINT64_MAX, .in = in, .n_in = n_in};
    for (int i = 0; i < 8; i++)
        dec->code = dec->code << 8 | next_byte(dec);
}

void binary_decoder_shift(struct binary_decoder *dec)
{
    do {
        dec->low <<= 8;
        dec->high = dec->high << 8 | 0xff;
        dec->code = dec->code << 8 | next_byte(dec);
    } while (binary_coder_settled(dec->low, dec->high));
}
