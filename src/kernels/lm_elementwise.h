/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's kernels whose steps are the same for every width of registers. The including
 * file includes avx2_lanes.h, avx512_lanes.h or neon_lanes.h before, which has the types and
 * operations, and defines ISA, the end of the functions' names, unpack_tile(q, packed, bits) for 4 and 2 bits and
 * unpack_three(q, packed). This header then defines lm_rms_norm_ISA, lm_relu2_ISA, lm_root_cap_ISA, lm_token_learn_ISA and lm_unpack_ISA.
 */
#if defined(ISA)

#include "base/strict_math.h"
#include "kernels/join.h"
#include "kernels/kernels.h"

static void JOIN(lm_rms_norm_, ISA)(float *y, const float *x, const float *gain, size_t n,
                                    float epsilon)
{
    floats total[KERNEL_LANES / LANES];
    for (size_t k = 0; k < KERNEL_LANES / LANES; k++)
        total[k] = zero();
    for (size_t i = 0; i < n; i += KERNEL_LANES)
        for (size_t k = 0; k < KERNEL_LANES / LANES; k++) {
            floats v = load(x + i + k * LANES);
            total[k] = add(total[k], mul(v, v));
        }
    floats r = splat(1.0f / strict_sqrt(sum_sixteen(total) / (float)n + epsilon));
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES)
        store(y + i, mul(mul(load(x + i), r), load(gain + i)));
}

static void JOIN(lm_relu2_, ISA)(float *y, const float *g, size_t n)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES) {
        floats x = larger(load(g + i), zero()); /* a NaN: zero */
        store(y + i, mul(x, x));
    }
}

/* strict_rsqrt_brief */
static inline floats rsqrt_brief(floats x)
{
    const floats three_halves = splat(1.5f);
    floats half = mul(splat(0.5f), x);
    ints guess = sub_ints(splat_ints((int32_t)STRICT_RSQRT_GUESS), half_of(as_ints(x)));
    floats y = as_floats(guess);
    for (int i = 0; i < 2; i++)
        y = mul(y, sub(three_halves, mul(half, mul(y, y))));
    return y;
}

static void JOIN(lm_root_cap_, ISA)(float *x, float cap, size_t n)
{
    const floats c = splat(cap), c2 = splat(cap * cap);
    for (size_t i = 0; i < n; i += LANES) {
        floats l = larger(load(x + i), splat(-LM_ROOT_CAP_MAX));
        l = smaller(l, splat(LM_ROOT_CAP_MAX));
        floats y = rsqrt_brief(add(mul(l, l), c2));
        store(x + i, mul(mul(c, l), y));
    }
}

static void JOIN(lm_token_learn_, ISA)(float *bias, const uint32_t *mass, float step, size_t n)
{
    const floats s = splat(step);
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES)
        store(bias + i, sub(load(bias + i), mul(s, to_floats(load_ints(mass + i)))));
}

static void JOIN(lm_unpack_, ISA)(struct lm_tile *tiles, const uint8_t *packed, size_t n_tiles,
                                  unsigned bits)
{
    for (size_t i = 0; i < n_tiles; i++, packed += lm_packed_tile_bytes(bits))
        if (bits == 4)
            unpack_tile(tiles[i].q[0][0], packed, 4);
        else if (bits == 3)
            unpack_three(tiles[i].q[0][0], packed);
        else
            unpack_tile(tiles[i].q[0][0], packed, 2);
}

#endif
