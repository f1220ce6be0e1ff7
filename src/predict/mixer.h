/* SPDX-License-Identifier: Apache-2.0
 *
 * A gated network of one layer or two. Each selector selects, by a small context, one of its weight
 * sets. Two layers: the selected sets give predictions side by side, each trained by its own error;
 * a last set, selected in the same way, mixes these. One layer (summed): the selected sets are
 * added up to one set, which gives the prediction and whose error trains them all. All in the
 * logistic domain and in strict binary32.
 */
#ifndef TACIT_PREDICT_MIXER_H
#define TACIT_PREDICT_MIXER_H

#include "predict/inputs.h"

struct mixer_rates {
    float first, last; /* rates of a set that has learnt nothing, and of one that has learnt much */
    float final;       /* of the last layer */
};

struct mixer {
    const struct kernels *kernels;
    struct mixer_rates rates;
    bool summed;         /* one layer */
    const float *squash; /* of 0, -1/64, -2/64, ... */
    unsigned n_inputs;   /* padded to KERNEL_LANES */
    unsigned n_selectors;
    unsigned n_dots; /* n_selectors padded to KERNEL_LANES */
    float *weights;  /* [sum of n_choices][n_inputs] */
    uint32_t first_set[SELECTORS_MAX];
    uint32_t n_choices[SELECTORS_MAX];
    float *final_weights; /* [256][SELECTORS_MAX], by the partial byte */
    uint32_t *age;        /* [sum of n_choices]: how often each set was trained, up to a bound */
};

struct mixer_stream {
    float x[INPUTS_MAX] __attribute__((aligned(64)));
    float dots[SELECTORS_MAX] __attribute__((aligned(64)));
    float p[SELECTORS_MAX] __attribute__((aligned(64)));
    float steps[SELECTORS_MAX] __attribute__((aligned(64)));
    float *sets[SELECTORS_MAX];
    uint32_t *age[SELECTORS_MAX];
    float *final_set;
    float final_p;
};

void mixer_lay_out(struct mixer *mixer, struct arena *arena, const struct mixer_shape *shape,
                   const struct kernels *kernels);

/* Asks for the cache lines of a weight set as soon as its selector is known. Optional. */
static inline void mixer_prefetch(const struct mixer *mixer, unsigned selector, uint32_t choice)
{
    size_t set = mixer->first_set[selector] + choice;
    const float *weights = mixer->weights + set * mixer->n_inputs;
    for (unsigned i = 0; i < mixer->n_inputs; i += KERNEL_LANES)
        __builtin_prefetch(weights + i);
}

/* The mixed prediction, ln(p / (1 - p)), of the inputs in stream->x. */
float mixer_predict(struct mixer *mixer, struct mixer_stream *stream,
                    const struct mixer_inputs *inputs, unsigned partial);

/* After mixer_predict: the prediction with the inputs begin .. end - 1 at 0, or, if alone, with all
 * others at 0. Changes nothing. */
float mixer_predict_without(const struct mixer *mixer, const struct mixer_stream *stream,
                            unsigned begin, unsigned end, bool alone);

/* The probability of a 1 for x from mixer_predict; mixer_update learns against it. */
float mixer_probability(const struct mixer *mixer, struct mixer_stream *stream, float x);

/* As a 32-bit fraction for the coder, 1 .. 2^32 - 1; p: 0 .. 1. */
uint32_t probability_q32(float p);

/* pace: how many times as fast as else one layer learns; two layers do not ask. */
void mixer_update(struct mixer *mixer, struct mixer_stream *stream, int bit, float pace);

#endif
