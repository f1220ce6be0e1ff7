/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of the payload target and of its seeds: lines that are alike, and what is none.
 */
#ifndef TACIT_FUZZ_PAYLOAD_REFERENCE_H
#define TACIT_FUZZ_PAYLOAD_REFERENCE_H

#include <stdlib.h>

#include "tacit/reference.h"

enum {
    PAYLOAD_REFERENCE_BYTES = 700,
    PAYLOAD_HAS_REFERENCE = 0x80, /* beside the method */
};

/* Made once, so that its models are read once for all inputs; never destroyed. */
static inline const struct tacit_reference *payload_reference(void)
{
    static struct tacit_reference *made;
    uint8_t data[PAYLOAD_REFERENCE_BYTES];
    if (made)
        return made;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = i < sizeof data / 2 ? (uint8_t) "level=info 1204\n"[i % 16] : (uint8_t)(i * i);
    if (tacit_reference_create(&made, data, sizeof data) != TACIT_OK)
        abort();
    return made;
}

#endif
