/* SPDX-License-Identifier: Apache-2.0
 *
 * The mark and the checksum of a tar archive's header, as POSIX and GNU write them.
 */
#ifndef TACIT_CONTENT_TAR_FIELD_H
#define TACIT_CONTENT_TAR_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { TAR_BLOCK = 512 }; /* a header's bytes; files are filled up to a multiple of it */

/* Where fields lie in a header, by the names of POSIX. */
enum { TAR_CHKSUM = 148, TAR_CHKSUM_BYTES = 8, TAR_CHKSUM_DIGITS = 6, TAR_MAGIC = 257 };

/* Whether the header has the mark, and what ends a checksum. */
static inline bool tar_is_marked(const uint8_t *header)
{
    return memcmp(header + TAR_MAGIC, "ustar", 5) == 0 && header[TAR_CHKSUM + 6] == 0 &&
           header[TAR_CHKSUM + 7] == ' ';
}

/* Writes the checksum as programs do: six octal digits, with zero, '0' or a blank, in front; 0, blank. field: perhaps the
 * header's own. */
static inline void tar_make_checksum(const uint8_t *header, uint8_t zero,
                                     uint8_t field[TAR_CHKSUM_BYTES])
{
    uint32_t sum = TAR_CHKSUM_BYTES * ' ';
    for (unsigned i = 0; i < TAR_BLOCK; i++)
        sum += i - TAR_CHKSUM < TAR_CHKSUM_BYTES ? 0 : header[i];
    for (unsigned i = TAR_CHKSUM_DIGITS; i-- > 0; sum >>= 3)
        field[i] = sum > 0 || i == TAR_CHKSUM_DIGITS - 1 ? (uint8_t)('0' + (sum & 7)) : zero;
    field[6] = 0;
    field[7] = ' ';
}

#endif
