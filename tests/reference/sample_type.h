/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 5.1: the types of sound and of images of 16-bit samples.
 */
#ifndef TACIT_REFERENCE_SAMPLE_TYPE_H
#define TACIT_REFERENCE_SAMPLE_TYPE_H

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

static inline bool is_deep_image(unsigned type)
{
    return type >= 21 && type <= 28;
}

/* Of a pixel of such an image. */
static inline unsigned deep_planes(unsigned type)
{
    return type < 25 ? 1 : type < 27 ? 3 : 4;
}

/* Of a sample that is transformed; 0: none is. */
static inline unsigned sample_bytes(unsigned type)
{
    return is_deep_image(type) ? 2 : audio_bytes(type);
}

static inline bool sample_is_big_endian(unsigned type)
{
    return (type >= 14 && type % 2 == 0) && sample_bytes(type) > 0;
}

static inline bool sample_is_unsigned(unsigned type)
{
    return type == 12 || (is_deep_image(type) && type != 23 && type != 24);
}

#endif
