/* SPDX-License-Identifier: Apache-2.0
 *
 * adaptive_learn by registers of lanes. The including file includes avx2_lanes.h, avx512_lanes.h or neon_lanes.h before,
 * which has the types and operations, and defines ISA, the end of the function's name. This header then defines
 * adaptive_learn_ISA.
 */
#if defined(ISA)

#include "kernels/join.h"
#include "kernels/kernels.h"

/* 131072 / (2 count + 3) by division, which is quicker than to look it up in each lane. It is exact: a quotient that is not
 * whole differs from the next whole number by more than a float's rounding does. The product with 22 bits of P(1) has
 * more than 32 bits, so that its upper 6 bits are multiplied apart. */
static void JOIN(adaptive_learn_, ISA)(uint32_t *words, size_t n, int bit, uint32_t limit,
                                       const uint16_t *reciprocal)
{
    const ints flip = splat_ints((int32_t)((0u - (uint32_t)bit) << 10));
    const ints counts = splat_ints(ADAPTIVE_LIMIT_MAX), low = splat_ints(0xffff);
    const ints most = splat_ints((int32_t)limit), three = splat_ints(3);
    (void)reciprocal;
    for (size_t i = 0; i < n; i += LANES) {
        ints away = xor_ints(load_ints(words + i), flip), count = and_ints(away, counts);
        floats divisor = to_floats(add_ints(add_ints(count, count), three));
        ints rate = cut_to_ints(divide(splat(131072.0f), divisor));
        ints p = shift_right(away, 10);
        ints step = shift_right(mul_ints(and_ints(p, low), rate), 16);
        step = add_ints(step, mul_ints(shift_right(p, 16), rate));
        away = sub_ints(away, shift_left(step, 10));
        away = add_ints(away, shift_right(sub_ints(count, most), 31));
        store_ints(words + i, xor_ints(away, flip));
    }
}

#endif
