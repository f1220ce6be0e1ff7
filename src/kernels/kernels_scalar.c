/* SPDX-License-Identifier: Apache-2.0
 *
 * The definition of every kernel. Inner loops run over the lanes, so that compilers can vectorise
 * them for the target's base instruction set.
 */
#include "base/strict_math.h"
#include "kernels/lanes.h"

static void mix_dots_scalar(float *out, const float *x, size_t n, float *const *sets, size_t n_sets)
{
    for (size_t k = 0; k < n_sets; k++) {
        float lane[KERNEL_LANES] = {0};
        const float *w = sets[k];
        for (size_t i = 0; i < n; i += KERNEL_LANES)
            for (int j = 0; j < KERNEL_LANES; j++)
                lane[j] += x[i + (size_t)j] * w[i + (size_t)j];
        out[k] = sum_lanes(lane);
    }
}

static void mix_train_scalar(float *const *sets, size_t n_sets, const float *step, const float *x,
                             size_t n)
{
    for (size_t k = 0; k < n_sets; k++) {
        float *restrict w = sets[k];
        for (size_t i = 0; i < n; i++)
            w[i] += x[i] * step[k];
    }
}

static void squash_scalar(float *p, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = strict_squash(x[i]);
}

static float mix_layer_scalar(float *dots, float *p, const float *x, size_t n, float *const *sets,
                              size_t n_sets, float bound, const float *final)
{
    size_t n_dots = (n_sets + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    mix_dots_scalar(dots, x, n, sets, n_sets);
    for (size_t k = 0; k < n_dots; k++)
        dots[k] = within(k < n_sets ? dots[k] : 0.0f, bound);
    squash_scalar(p, dots, n_dots);
    float lane[KERNEL_LANES] = {0};
    for (size_t k = 0; k < n_dots; k++)
        lane[k % KERNEL_LANES] += dots[k] * final[k];
    return within(sum_lanes(lane), bound);
}

static float mix_sum_scalar(const float *x, size_t n, float *const *sets, size_t n_sets)
{
    float lane[KERNEL_LANES] = {0};
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        float w[KERNEL_LANES] = {0};
        for (size_t k = 0; k < n_sets; k++)
            for (size_t j = 0; j < KERNEL_LANES; j++)
                w[j] += sets[k][i + j];
        for (size_t j = 0; j < KERNEL_LANES; j++)
            lane[j] += x[i + j] * w[j];
    }
    return sum_lanes(lane);
}

static void adaptive_learn_scalar(uint32_t *words, size_t n, int bit, uint32_t limit,
                                  const uint16_t *reciprocal)
{
    for (size_t i = 0; i < n; i++)
        words[i] = adaptive_learnt(words[i], bit, limit, reciprocal);
}

void kernels_init_scalar(struct kernels *kernels)
{
    kernels->mix_dots = mix_dots_scalar;
    kernels->mix_layer = mix_layer_scalar;
    kernels->mix_sum = mix_sum_scalar;
    kernels->mix_train = mix_train_scalar;
    kernels->squash = squash_scalar;
    kernels->adaptive_learn = adaptive_learn_scalar;
}
