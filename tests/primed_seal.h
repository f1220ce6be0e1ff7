/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the length and the hashes in the header of a primed state right, as whoever forges one would.
 */
#ifndef TACIT_TESTS_PRIMED_SEAL_H
#define TACIT_TESTS_PRIMED_SEAL_H

#include <stdlib.h>

#include "base/bytes.h"
#include "generate/primed.h"

/* n: of the file, at least PRIMED_HEADER_BYTES. */
static inline void primed_seal(uint8_t *file, size_t n)
{
    struct hash128 hash = hash128(file + PRIMED_HEADER_BYTES, n - PRIMED_HEADER_BYTES);
    store_le64(file + 16, n);
    store_le64(file + 144, hash.low);
    store_le64(file + 152, hash.high);
    store_le64(file + 184, hash64(file, 184, 0));
}

#endif
