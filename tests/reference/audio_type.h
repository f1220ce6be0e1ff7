/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 5.1: the types of sound.
 */
#ifndef TACIT_REFERENCE_AUDIO_TYPE_H
#define TACIT_REFERENCE_AUDIO_TYPE_H

#include <stdbool.h>

/* Of a sample; 0: the type is not sound. */
static inline unsigned audio_bytes(unsigned type)
{
    if (type == 7)
        return 2;
    return type < 12 || type > 20 ? 0 : type < 14 ? 1 : type == 14 ? 2 : type < 17 ? 3 : 4;
}

static inline bool audio_is_float(unsigned type)
{
    return type == 19 || type == 20;
}

static inline bool audio_is_big_endian(unsigned type)
{
    return type >= 14 && type <= 20 && type % 2 == 0;
}

#endif
