/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/least_squares.h"

#include <string.h>

#define GAIN_MAX   1048576.0f
#define PIVOT_MIN  0.25f /* of the ridge: a smaller pivot is only rounding errors */
#define WEIGHT_MAX 1e6f

void least_squares_lay_out(struct least_squares *ls, struct arena *arena,
                           const struct kernels *kernels, unsigned n, float fading, float ridge,
                           unsigned interval)
{
    unsigned width = (n + 1 + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    size_t row = width * sizeof(float);
    float *weights = arena_take(arena, row);
    float *sums = arena_take(arena, n * row), *work = arena_take(arena, n * row);
    if (work == NULL)
        return;
    *ls = (struct least_squares){.kernels = kernels,
                                 .n = n,
                                 .width = width,
                                 .weights = weights,
                                 .sums = sums,
                                 .work = work,
                                 .gain = 1.0f,
                                 .growth = 1.0f / fading,
                                 .ridge = ridge,
                                 .interval = interval,
                                 .n_until_solve = interval};
}

float least_squares_predict(const struct least_squares *ls, const float *x)
{
    float out;
    float *const weights = ls->weights;
    ls->kernels->mix_dots(&out, x, ls->width, &weights, 1);
    return out;
}

/* Divides the sums by the gain before it overflows. */
static void normalise(struct least_squares *ls)
{
    float scale = 1.0f / ls->gain;
    for (size_t i = 0; i < (size_t)ls->n * ls->width; i++)
        ls->sums[i] *= scale;
    ls->gain = 1.0f;
}

/* Gauss elimination below pivot k; a row is n coefficients and the right side. */
static void eliminate(struct least_squares *ls, unsigned k)
{
    float *rows[LEAST_SQUARES_MAX], step[LEAST_SQUARES_MAX];
    float *pivot_row = ls->work + (size_t)k * ls->width;
    float pivot = pivot_row[k];
    if (!(pivot > ls->ridge * PIVOT_MIN * ls->gain))
        return;
    float inverse = 1.0f / pivot;
    unsigned n_rows = 0;
    for (unsigned i = k + 1; i < ls->n; i++) {
        /* The matrix stays symmetric: numbers below the pivot are also to its right. */
        step[n_rows] = -(pivot_row[i] * inverse);
        rows[n_rows++] = ls->work + (size_t)i * ls->width;
    }
    unsigned skip = (k + 1) / KERNEL_LANES * KERNEL_LANES;
    for (unsigned i = 0; i < n_rows; i++)
        rows[i] += skip;
    ls->kernels->mix_train(rows, n_rows, step, pivot_row + skip, ls->width - skip);
}

static void solve(struct least_squares *ls)
{
    memcpy(ls->work, ls->sums, (size_t)ls->n * ls->width * sizeof *ls->work);
    for (unsigned k = 0; k < ls->n; k++)
        ls->work[(size_t)k * ls->width + k] += ls->ridge * ls->gain;
    for (unsigned k = 0; k < ls->n; k++)
        eliminate(ls, k);
    memset(ls->weights, 0, ls->width * sizeof *ls->weights);
    for (unsigned k = ls->n; k-- > 0;) {
        float *row = ls->work + (size_t)k * ls->width, pivot = row[k], known;
        if (!(pivot > ls->ridge * PIVOT_MIN * ls->gain))
            continue;
        unsigned skip = (k + 1) / KERNEL_LANES * KERNEL_LANES;
        float *part = row + skip;
        ls->kernels->mix_dots(&known, ls->weights + skip, ls->width - skip, &part, 1);
        float weight = (row[ls->n] - known) / pivot;
        if (!(weight < WEIGHT_MAX && weight > -WEIGHT_MAX)) {
            memset(ls->weights, 0, ls->width * sizeof *ls->weights);
            return;
        }
        ls->weights[k] = weight;
    }
}

void least_squares_learn(struct least_squares *ls, float *x, float target)
{
    float *rows[LEAST_SQUARES_MAX], step[LEAST_SQUARES_MAX];
    for (unsigned k = 0; k < ls->n; k++) {
        rows[k] = ls->sums + (size_t)k * ls->width;
        step[k] = x[k] * ls->gain;
    }
    x[ls->n] = target;
    ls->kernels->mix_train(rows, ls->n, step, x, ls->width);
    x[ls->n] = 0.0f;
    ls->gain *= ls->growth;
    if (ls->gain > GAIN_MAX)
        normalise(ls);
    if (--ls->n_until_solve == 0) {
        ls->n_until_solve = ls->interval;
        solve(ls);
    }
}
