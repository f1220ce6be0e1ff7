/* SPDX-License-Identifier: Apache-2.0
 *
 * From float to binary16.
 */
#ifndef TACIT_WORKSHOP_SHRINK_HALF_H
#define TACIT_WORKSHOP_SHRINK_HALF_H

#include <math.h>

#include "kernels/lm_int4.h"

#define HALF_MAX 65504.0f

/* The nearest binary16, ties to even; larger numbers become the largest. */
static inline uint16_t half_nearest(float x)
{
    uint32_t sign = strict_to_bits(x) >> 16 & 0x8000;
    float magnitude = fminf(fabsf(x), HALF_MAX);
    if (magnitude < 0x1p-14f) /* a denormal, in units of 2^-24 */
        return (uint16_t)(sign | (uint32_t)rintf(magnitude * 0x1p24f));
    uint32_t bits = strict_to_bits(magnitude);
    bits += 0xfff + (bits >> LM_HALF_SHIFT & 1);
    return (uint16_t)(sign | ((bits >> LM_HALF_SHIFT) - (112 << 10)));
}

#endif
