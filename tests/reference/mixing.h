/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, sections 6 and 7: mixer and refiner.
 */
#ifndef TACIT_REFERENCE_MIXING_H
#define TACIT_REFERENCE_MIXING_H

#include "component.h"

struct mixer {
    bool layered;
    float first, end, final_rate;   /* how fast it learns */
    unsigned n_inputs, n_selectors; /* N, M */
    struct weight_set {
        uint32_t age;
        float weights[];
    } * *sets[32];        /* [selector][value] */
    float final[256][32]; /* [partial][selector] */
    float T[962];
    /* The present prediction's */
    struct weight_set *w[32];
    float x[512], d[32], p[32], *f, P;
};

/* lead: the number of the input that leads, counted from 1; 0: none does. */
struct mixer *make_mixer(bool strong, bool layered, unsigned n_inputs, unsigned n_selectors,
                         const uint32_t *choices, unsigned lead);
/* For whether items end; the first input leads. */
/* All start weights are 0, but for inputs a and b. choices: as the mixer was made with. */
void trust_two(struct mixer *mixer, const uint32_t *choices, unsigned a, unsigned b);
struct mixer *make_end_mixer(unsigned n_inputs, unsigned n_selectors, const uint32_t *choices);

/* X */
float mix(struct mixer *mixer, const struct given *given, unsigned partial);
/* pace: of one layer. */
void mix_learn(struct mixer *mixer, int bit, float pace);

struct refiner {
    int n_maps;
    float step[2][65536][16];
    float *at[2], share, of_mixed, of_map, rate;
};

struct refiner *make_refiner(bool strong);

/* P as the coder takes it. */
uint32_t coder_probability(float P);

/* The probability for the coder. */
uint32_t refine(struct refiner *refiner, const struct seen *seen, float X, float P);
void refine_learn(struct refiner *refiner, int bit);

#endif
