/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, sections 6 and 7: mixer and refiner.
 */
#ifndef TACIT_REFERENCE_MIXING_H
#define TACIT_REFERENCE_MIXING_H

#include "component.h"

struct mixer {
    unsigned n_inputs, n_selectors; /* N, M */
    struct weight_set {
        uint32_t age;
        float weights[];
    } * *sets[32];               /* [selector][value] */
    float final[256][32];        /* [partial][selector] */
    struct weight_set *used[32]; /* by the present prediction, and what follows */
    float x[512], d[32], p[32], *f, P;
};

struct mixer *make_mixer(unsigned n_inputs, unsigned n_selectors, const uint32_t *choices);

/* X */
float mixer_predict(struct mixer *mixer, const struct given *given, unsigned partial);
void mixer_learn(struct mixer *mixer, int bit);

struct refiner {
    float step[2][65536][16];
    float *at[2], share;
};

struct refiner *make_refiner(void);

/* The probability for the coder. */
uint32_t refiner_predict(struct refiner *refiner, const struct seen *seen, float X, float P);
void refiner_learn(struct refiner *refiner, int bit);

#endif
