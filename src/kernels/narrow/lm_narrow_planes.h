/* SPDX-License-Identifier: Apache-2.0
 *
 * The planes of a narrow tile, opened. The including file defines ISA, and has struct opened and open_plane(opened, plane, width, left, is_first),
 * which puts a plane's numbers of width bits with the lowest one at bit left, over what is there or first of all.
 */
#if defined(ISA)

#include "kernels/narrow/lm_narrow.h"

static inline __attribute__((always_inline)) void open_planes(struct opened *o, const uint8_t *tile,
                                                              const int bits)
{
    if (bits & 4)
        open_plane(o, tile, 4, 3, true);
    if (bits & 2)
        open_plane(o, tile + lm_narrow_plane_bytes(bits & 4), 2, bits & 4 ? 1 : 5, bits < 4);
    if (bits & 1)
        open_plane(o, tile + lm_narrow_plane_bytes(bits & 6), 1, 7 - bits, false);
}

#endif
