/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear prediction of a sample from its neighbours by least squares over the past, where older
 * samples count less. Strict binary32 throughout.
 *
 * Per sample: least_squares_predict of the inputs x, then least_squares_learn with the same x and
 * the sample; x is [width], 64-byte aligned, zeros from x[n] on. The normal equations are solved in
 * every interval-th call of learn. A vector costs n * width multiplications, a solution n * n *
 * width / 2.
 */
#ifndef TACIT_PREDICT_LEAST_SQUARES_H
#define TACIT_PREDICT_LEAST_SQUARES_H

#include "base/arena.h"
#include "kernels/kernels.h"

enum { LEAST_SQUARES_MAX = 63, LEAST_SQUARES_WIDTH_MAX = 64 };

struct least_squares {
    const struct kernels *kernels;
    unsigned n;     /* inputs */
    unsigned width; /* n + 1 and more: a multiple of KERNEL_LANES; the target is in column n */
    float *weights; /* [width] */
    float *sums;    /* [n][width]: of products of inputs with inputs and the target */
    float *work;    /* [n][width] */
    float gain;     /* weight of the next sample; grows in place of fading the past */
    float growth;   /* 1 / fading per sample */
    float ridge;    /* added to the squares, in units of one present sample */
    unsigned interval, n_until_solve;
};

/* n: 1 .. LEAST_SQUARES_MAX. fading: below and near 1. */
void least_squares_lay_out(struct least_squares *ls, struct arena *arena,
                           const struct kernels *kernels, unsigned n, float fading, float ridge,
                           unsigned interval);

float least_squares_predict(const struct least_squares *ls, const float *x);

/* Writes to x[n], which is zero again afterwards. */
void least_squares_learn(struct least_squares *ls, float *x, float target);

#endif
