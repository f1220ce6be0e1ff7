/* SPDX-License-Identifier: Apache-2.0
 *
 * The mixer's kernels: sixteen lanes in four registers. No FMA: it rounds once where the definition rounds twice.
 */
#if defined(__aarch64__)

#include "kernels/neon/neon_lanes.h"

#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

enum { REGISTERS = KERNEL_LANES / LANES, DOTS_TOGETHER = 4 };

struct sixteen {
    floats v[REGISTERS];
};

static inline struct sixteen load_sixteen(const float *p)
{
    return (struct sixteen){{load(p), load(p + 4), load(p + 8), load(p + 12)}};
}

static inline void add_products(struct sixteen *sum, const struct sixteen *a, const float *b)
{
    const struct sixteen other = load_sixteen(b);
#pragma GCC unroll 4
    for (int j = 0; j < REGISTERS; j++)
        sum->v[j] = add(sum->v[j], mul(a->v[j], other.v[j]));
}

static const struct sixteen zeros;

/* Dots of x with a few sets, which share its loads. */
static inline __attribute__((always_inline)) void dots_of(float *out, const float *x, size_t n,
                                                          float *const *sets, const int n_sets)
{
    struct sixteen sum[DOTS_TOGETHER];
    const float *w[DOTS_TOGETHER];
#pragma GCC unroll 4
    for (int k = 0; k < n_sets; k++) {
        sum[k] = zeros;
        w[k] = sets[k];
    }
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        struct sixteen inputs = load_sixteen(x + i);
#pragma GCC unroll 4
        for (int k = 0; k < n_sets; k++)
            add_products(&sum[k], &inputs, w[k] + i);
    }
#pragma GCC unroll 4
    for (int k = 0; k < n_sets; k++)
        out[k] = sum_sixteen(sum[k].v);
}

static void mix_dots_neon(float *out, const float *x, size_t n, float *const *sets, size_t n_sets)
{
    size_t k = 0;
    for (; k + DOTS_TOGETHER <= n_sets; k += DOTS_TOGETHER)
        dots_of(out + k, x, n, sets + k, DOTS_TOGETHER);
    for (; k < n_sets; k++)
        dots_of(out + k, x, n, sets + k, 1);
}

static void mix_train_neon(float *const *sets, size_t n_sets, const float *step, const float *x,
                           size_t n)
{
    for (size_t k = 0; k < n_sets; k++) {
        float *w = sets[k];
        const floats by = splat(step[k]);
        for (size_t i = 0; i < n; i += KERNEL_LANES) {
            struct sixteen inputs = load_sixteen(x + i), sum = load_sixteen(w + i);
#pragma GCC unroll 4
            for (int j = 0; j < REGISTERS; j++)
                store(w + i + j * LANES, add(sum.v[j], mul(inputs.v[j], by)));
        }
    }
}

static void squash_neon(float *p, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        store(p + i, squash_of(load(x + i)));
}

static float mix_layer_neon(float *dots, float *p, const float *x, size_t n, float *const *sets,
                            size_t n_sets, float bound, const float *final)
{
    size_t n_dots = (n_sets + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    mix_dots_neon(dots, x, n, sets, n_sets);
    for (size_t k = 0; k < n_dots; k++)
        dots[k] = within(k < n_sets ? dots[k] : 0.0f, bound);
    squash_neon(p, dots, n_dots);
    struct sixteen sum = zeros;
    for (size_t k = 0; k < n_dots; k += KERNEL_LANES) {
        struct sixteen inputs = load_sixteen(dots + k);
        add_products(&sum, &inputs, final + k);
    }
    return within(sum_sixteen(sum.v), bound);
}

static float mix_sum_neon(const float *x, size_t n, float *const *sets, size_t n_sets)
{
    struct sixteen sum = zeros;
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        struct sixteen w = zeros;
        for (size_t k = 0; k < n_sets; k++)
#pragma GCC unroll 4
            for (int j = 0; j < REGISTERS; j++)
                w.v[j] = add(w.v[j], load(sets[k] + i + j * LANES));
        add_products(&sum, &w, x + i);
    }
    return sum_sixteen(sum.v);
}

#define ISA neon
#include "kernels/adaptive_lanes.h"

void kernels_init_neon(struct kernels *kernels)
{
    kernels->mix_dots = mix_dots_neon;
    kernels->mix_layer = mix_layer_neon;
    kernels->mix_sum = mix_sum_neon;
    kernels->mix_train = mix_train_neon;
    kernels->squash = squash_neon;
    kernels->adaptive_learn = adaptive_learn_neon;
}

#endif
