/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 9: prediction by least squares.
 */
#ifndef TACIT_REFERENCE_SQUARES_H
#define TACIT_REFERENCE_SQUARES_H

enum { SQUARES_WIDTH_MAX = 64 };

struct squares {
    unsigned n, width, every, n_learnt;
    float fade, ridge, gain;
    float x[SQUARES_WIDTH_MAX]; /* the inputs: [n], then zeros */
    float weights[SQUARES_WIDTH_MAX];
    float sums[SQUARES_WIDTH_MAX][SQUARES_WIDTH_MAX], M[SQUARES_WIDTH_MAX][SQUARES_WIDTH_MAX];
};

struct squares *make_squares(unsigned n, float fade, float ridge, unsigned every);
float squares_predict(const struct squares *s);
void squares_learn(struct squares *s, float target);

#endif
