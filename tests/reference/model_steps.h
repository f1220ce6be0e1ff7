/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 4: the arithmetic of a language model.
 */
#ifndef TACIT_REFERENCE_MODEL_STEPS_H
#define TACIT_REFERENCE_MODEL_STEPS_H

#include "model_file.h"

#define LARGEST 1e30f

float square_root(float x);
float exp_brief(float x);
float sum_of_lanes(float lane[16]);
/* A NaN becomes the lower limit. */
float limited(float x, float limit);

/* A row of inputs in groups of 64, rounded to int8. */
struct rounded {
    size_t n;
    int8_t *q;    /* [n] */
    float *scale; /* [n / 64] */
    int8_t *rest; /* what was left, rounded again; NULL unless wide */
    float *rest_scale;
};

struct rounded make_rounded(size_t n, bool wide); /* of zeros' memory */
void round_group(int8_t q[64], float *scale, const float x[64]);
void round_row(struct rounded *to, const float *x);

/* y = w x, or y += w x */
void multiply(float *y, const struct weights *w, const struct rounded *x, bool add);

void rms_norm(float *y, const float *x, const float *gain, size_t n, float epsilon);
void layer_norm(float *y, const float *x, const float *gain, const float *bias, size_t n,
                float epsilon);
/* up: of those with a gate. */
float activate(unsigned activation, float gate, float up);
float tanh_cap(float x, float cap);
float root_cap(float x, float cap);
void rotate64(float x[64]);

/* Steps of the angles, and their sines and cosines. */
struct angles {
    size_t n_pairs;
    uint64_t step[256];
    float gain;
};

void make_angles(struct angles *angles, size_t n_dims, float base, const float *divisors,
                 float gain);
/* Rotates one head, as at that position. */
void turn(const struct angles *angles, float *x, uint64_t position);

#endif
