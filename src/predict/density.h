/* SPDX-License-Identifier: Apache-2.0
 *
 * From guesses of a number to predictions of its bits, most significant first: each guess is the
 * middle of a logistic distribution, cut off at the range's ends; a bit's probability is the ratio
 * of the distribution's parts. Several guesses are computed side by side.
 */
#ifndef TACIT_PREDICT_DENSITY_H
#define TACIT_PREDICT_DENSITY_H

#include "predict/inputs.h"
#include "predict/samples.h"

enum { DENSITY_GUESSES_MAX = 5 };

struct density {
    float middle[DENSITY_GUESSES_MAX];
    float inverse_scale[DENSITY_GUESSES_MAX];
    unsigned n;
    uint64_t low, size; /* the number is in low .. low + size - 1 */
    uint64_t range;
    bool stops;    /* at bits that are worth less than a 500th of the scale, it has no opinion */
    float step;    /* the numbers' distance, in units of middle and scale */
    uint64_t from; /* the number at whose lower edge units begin */
    const struct sample_scale *floats; /* NULL: numbers are evenly spaced */
};

/* A number in 0 .. range - 1, a power of two. */
static inline void density_begin(struct density *d, uint64_t range)
{
    d->n = 0;
    d->low = 0;
    d->size = d->range = range;
    d->stops = false;
    d->step = 1.0f;
    d->from = 0;
    d->floats = NULL;
}

/* A sample's code. Guesses and scales are in the scale's steps: of float samples from silence, else from the code
 * base. */
static inline void density_begin_sample(struct density *d, const struct sample_scale *scale,
                                        uint32_t base)
{
    density_begin(d, (uint64_t)1 << (8 * scale->n_bytes));
    d->stops = true;
    d->step = scale->value * scale->steps;
    d->from = base;
    d->floats = scale->is_float ? scale : NULL;
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

/* log2 of the width in steps of what the number is known to be in, 0 .. 31; float samples only. */
unsigned density_width_log2(const struct density *d);

static inline void density_update(struct density *d, int bit)
{
    d->size /= 2;
    d->low += bit ? d->size : 0;
}

#endif
