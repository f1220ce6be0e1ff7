/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 5.3: the arithmetic decoder.
 */
#ifndef TACIT_REFERENCE_CODED_BITS_H
#define TACIT_REFERENCE_CODED_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Its input is archive[position .. end). */
struct decoder {
    uint64_t low, high, code;
    size_t end;
};

struct decoder begin_bits(size_t end);
/* p: that the bit is 1, in units of 2^-32. */
int decode_bit(struct decoder *d, uint64_t p);

#endif
