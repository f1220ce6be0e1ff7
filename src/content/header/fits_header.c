/* SPDX-License-Identifier: Apache-2.0
 *
 * FITS: a head of cards of 80 characters in blocks of 2880 bytes, then big-endian samples of 8, 16 or 32 bits, those of 16
 * and 32 signed, or floats of 32 bits. Rows of all further dimensions follow each other.
 */
#include "content/header/content_header.h"

#include <string.h>

enum { CARD = 80, BLOCK = 2880, CARDS_MAX = 1024, DIGITS_MAX = 8, AXES_MAX = 7, VALUE = 10 };

/* A whole number behind the card's "= "; 0 if it has more digits. */
static int32_t number_of(const uint8_t *card)
{
    int32_t number = 0;
    size_t i = VALUE, n_digits = 0;
    while (i < CARD && card[i] == ' ')
        i++;
    bool negative = i < CARD && card[i] == '-';
    for (i += negative; i < CARD && card[i] >= '0' && card[i] <= '9'; i++) {
        number = number * 10 + (card[i] - '0');
        if (++n_digits > DIGITS_MAX)
            return 0;
    }
    return negative ? -number : number;
}

static bool is_card(const uint8_t *card, const char *name)
{
    return memcmp(card, name, strlen(name)) == 0;
}

/* Negative bits: floats. CONTENT_DEFAULT: none. */
static enum content_type type_of(int32_t bits)
{
    return bits == 8     ? CONTENT_IMAGE8
           : bits == 16  ? CONTENT_IMAGE16_SIGNEDB
           : bits == 32  ? CONTENT_IMAGE32
           : bits == -32 ? CONTENT_AUDIO_FLOATB
                         : CONTENT_DEFAULT;
}

static bool set_cube(struct content_header *h, int32_t bits, const int32_t *axes, int32_t n_axes,
                     size_t header_size)
{
    enum content_type type = type_of(bits);
    unsigned n_bits = (unsigned)(bits < 0 ? -bits : bits);
    if (type == CONTENT_DEFAULT || n_axes < 2 || n_axes > AXES_MAX)
        return false;
    uint64_t stride = (uint64_t)axes[0] * n_bits / 8, n_rows = 1;
    for (int32_t i = 0; i < n_axes; i++)
        if (axes[i] <= 0)
            return false;
    for (int32_t i = 1; i < n_axes && n_rows <= UINT32_MAX; i++)
        n_rows *= (uint64_t)axes[i];
    if (n_rows < 2 || !content_header_set_image(h, type, stride, 2, header_size))
        return false;
    h->n_bytes = stride * n_rows;
    return true;
}

bool fits_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    int32_t bits = 0, n_axes = 0, axes[AXES_MAX] = {0};
    if (n < BLOCK || (!is_card(data, "SIMPLE  =                    T") &&
                      !is_card(data, "XTENSION= 'IMAGE   '")))
        return false;
    for (size_t i = 1; i < CARDS_MAX && (i + 1) * CARD <= n; i++) {
        const uint8_t *card = data + i * CARD;
        if (is_card(card, "END     "))
            return set_cube(header, bits, axes, n_axes, (i * CARD / BLOCK + 1) * BLOCK);
        if (is_card(card, "BITPIX  = "))
            bits = number_of(card);
        else if (is_card(card, "NAXIS   = "))
            n_axes = number_of(card);
        else if (is_card(card, "NAXIS") && card[5] >= '1' && card[5] < '1' + AXES_MAX &&
                 is_card(card + 6, "  = "))
            axes[card[5] - '1'] = number_of(card);
    }
    return false;
}
