/* SPDX-License-Identifier: Apache-2.0
 *
 * The one order in which sixteen strided lanes of floats are summed, in plain C; avx2_lanes.h, avx512_lanes.h and
 * neon_lanes.h have the same tree in registers. And what the mixer's kernels share.
 */
#ifndef TACIT_KERNELS_LANES_H
#define TACIT_KERNELS_LANES_H

#include "kernels/kernels.h"

/* lane: [KERNEL_LANES], overwritten. */
static inline float sum_lanes(float *lane)
{
    for (int width = KERNEL_LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

/* x, kept within -bound .. bound. */
static inline float within(float x, float bound)
{
    return x > bound ? bound : x < -bound ? -bound : x;
}

#endif
