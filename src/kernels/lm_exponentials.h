/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's kernels that take exponentials. The including file includes avx2_lanes.h or
 * neon_lanes.h, and exp_lanes.h, before, which have the types and operations, and defines ISA, the
 * end of the functions' names, and lm_quantize_ISA. This header then defines
 * lm_attention_weights_ISA, lm_swiglu_ISA and lm_token_masses_ISA.
 */
#if defined(ISA)

#include <stdbool.h>

#include "base/strict_math.h"
#include "kernels/join.h"
#include "kernels/kernels.h"

/* The largest of start and x[0 .. n), which reaches to the next multiple of LANES; a NaN counts for
 * nothing. */
static inline float largest(float start, const float *x, size_t n)
{
    floats tops = splat(start);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        tops = larger(load(x + i), tops);
    if (i < n)
        tops = choose(valid_lanes(i, n), larger(load(x + i), tops), tops);
    return largest_lane(tops);
}

/* Of a group: exponentials of the scores' differences to top, added to total, times value_scale to weight. Only the first
 * n_valid count, or all, if it is whole. */
static inline __attribute__((always_inline)) void
weigh_group(floats total[KERNEL_LANES / LANES], float weight[LM_GROUP], const float *score,
            const float *value_scale, float top, size_t n_valid, const bool whole)
{
    for (size_t j = 0; j < LM_GROUP; j += KERNEL_LANES)
        for (size_t k = 0; k < KERNEL_LANES / LANES; k++) {
            size_t i = j + k * LANES;
            floats e = exp_brief_below(sub(load(score + i), splat(top)));
            floats w = mul(e, load(value_scale + i));
            ints valid = valid_lanes(i, n_valid);
            total[k] = add(total[k], whole ? e : keep(valid, e));
            store(weight + i, whole ? w : keep(valid, w));
        }
}

static float JOIN(lm_attention_weights_, ISA)(int8_t *q, float *scale, int32_t *sum,
                                              const float *score, const float *value_scale,
                                              size_t n_valid, float sink)
{
    float top = largest(sink, score, n_valid);
    top = top < LM_SCORE_MAX ? top : LM_SCORE_MAX;
    floats total[KERNEL_LANES / LANES];
    for (size_t k = 0; k < KERNEL_LANES / LANES; k++)
        total[k] = zero();
    for (size_t i = 0; i < n_valid; i += LM_GROUP) {
        _Alignas(64) float weight[LM_GROUP];
        if (n_valid - i >= LM_GROUP)
            weigh_group(total, weight, score + i, value_scale + i, top, LM_GROUP, true);
        else
            weigh_group(total, weight, score + i, value_scale + i, top, n_valid - i, false);
        JOIN(lm_quantize_, ISA)(q + i, scale + i / LM_GROUP, sum + i / LM_GROUP, weight, 1);
    }
    return sum_sixteen(total) + strict_exp_brief(sink - top);
}

static void JOIN(lm_swiglu_, ISA)(float *y, const float *g, const float *u, size_t n)
{
    const floats one = splat(1.0f);
    for (size_t i = 0; i < n; i += LANES) {
        floats x = load(g + i);
        floats bound = larger(x, splat(-STRICT_EXP_MAX)); /* a NaN: the limit */
        bound = smaller(bound, splat(STRICT_EXP_MAX));
        floats silu = divide(x, add(one, exp_brief_in_range(negate(bound))));
        store(y + i, mul(silu, load(u + i)));
    }
}

static inline floats biased(const float *x, const float *bias, size_t i)
{
    return bias ? add(load(x + i), load(bias + i)) : load(x + i);
}

static inline float largest_biased(const float *x, const float *bias, size_t n)
{
    floats tops = splat(x[0] + bias[0]);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        tops = larger(biased(x, bias, i), tops);
    if (i < n)
        tops = choose(valid_lanes(i, n), larger(biased(x, bias, i), tops), tops);
    return largest_lane(tops);
}

static inline ints masses(floats x, floats top)
{
    floats e = exp_brief_below(sub(x, top));
    return add_ints(cut_to_ints(mul(e, splat(LM_MASS_ONE))), splat_ints(1));
}

static void JOIN(lm_token_masses_, ISA)(uint32_t *mass, const float *x, const float *bias, size_t n)
{
    const floats top = splat(bias ? largest_biased(x, bias, n) : largest(x[0], x, n));
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store_ints(mass + i, masses(biased(x, bias, i), top));
    if (i < n)
        store_valid(mass + i, masses(biased(x, bias, i), top), n - i);
}

#endif
