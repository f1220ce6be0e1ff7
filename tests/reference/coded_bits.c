/* SPDX-License-Identifier: Apache-2.0 */
#include "coded_bits.h"

#include "archive_input.h"

static uint8_t next_byte(const struct decoder *d)
{
    return position < d->end ? archive[position++] : 0;
}

struct decoder begin_bits(size_t end)
{
    struct decoder d = {0, UINT64_MAX, 0, end};
    for (int i = 0; i < 8; i++)
        d.code = d.code * 256 + next_byte(&d);
    return d;
}

int decode_bit(struct decoder *d, uint64_t p)
{
    uint64_t range = d->high - d->low;
    uint64_t middle = d->low + range / 4294967296u * p + range % 4294967296u * p / 4294967296u;
    int bit = d->code <= middle;
    if (bit)
        d->high = middle;
    else
        d->low = middle + 1;
    while (d->low >> 56 == d->high >> 56) {
        d->low *= 256;
        d->high = d->high * 256 + 255;
        d->code = d->code * 256 + next_byte(d);
    }
    return bit;
}
