/* SPDX-License-Identifier: Apache-2.0
 *
 * From guesses of a number to predictions of its bits, most significant first: each guess is the
 * middle of a logistic distribution, cut off at the range's ends; a bit's probability is the ratio
 * of the distribution's parts. Several guesses are computed side by side.
 */
#ifndef TACIT_PREDICT_DENSITY_H
#define TACIT_PREDICT_DENSITY_H

#include "predict/inputs.h"

enum { DENSITY_GUESSES_MAX = 5 };

struct density {
    float middle[DENSITY_GUESSES_MAX];
    float inverse_scale[DENSITY_GUESSES_MAX];
    unsigned n;
    uint32_t low, size; /* the number is in low .. low + size - 1 */
    uint32_t range;
};

/* A number in 0 .. range - 1, a power of two. */
static inline void density_begin(struct density *d, uint32_t range)
{
    d->n = 0;
    d->low = 0;
    d->size = d->range = range;
}

/* scale: about half the mean absolute error. */
static inline void density_guess(struct density *d, float middle, float scale)
{
    d->middle[d->n] = middle;
    d->inverse_scale[d->n++] = 1.0f / scale;
}

/* Adds one input for each guess, also to stretched. */
void density_predict(const struct density *d, const struct kernels *kernels,
                     struct mixer_inputs *inputs, float *stretched);

static inline void density_update(struct density *d, int bit)
{
    d->size /= 2;
    d->low += bit ? d->size : 0;
}

#endif
