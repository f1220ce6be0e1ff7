/* SPDX-License-Identifier: Apache-2.0
 *
 * The model's element-wise steps that take too little time for a row in the kernel table: strict
 * arithmetic in loops that compilers vectorise.
 */
#ifndef TACIT_ENGINE_LM_OPS_H
#define TACIT_ENGINE_LM_OPS_H

#include <stddef.h>

#include "engine/lm_model.h"
#include "kernels/kernels.h"

/* y[i] += b[i]; y[i] *= f */
void lm_add(float *y, const float *b, size_t n);
void lm_scale(float *y, float f, size_t n);

/* y[i] = y[i] * a[i] + x[i] * b[i] */
void lm_mix(float *y, const float *a, const float *x, const float *b, size_t n);

/* Within +-LM_SCORE_MAX; a NaN becomes the lower limit. */
float lm_clamp_score(float x);

/* Row of the table of pairs (before[0] and token) or of triples (before[1] too). */
uint32_t lm_hash_row(uint32_t token, const uint32_t before[2], bool triple, uint32_t n_rows);

/* Writes the model's norm of x to y (may be x): RMS with gain, or with mean, gain and bias. */
void lm_norm(const struct kernels *kernels, const struct lm_shape *shape, float *y, const float *x,
             const struct tensor *gain, const struct tensor *bias);

/* cap tanh(x / cap); cap: above 0. */
void lm_cap(float *x, float cap, size_t n);

/* y = act(gate) [* up], n values; y may be gate. */
void lm_activate(const struct kernels *kernels, enum lm_activation activation, float *y,
                 const float *gate, const float *up, size_t n);

/* Applies the cap, if there is one, and the limits to the logits of tokens [first, first + n). */
void lm_finish_logits(const struct kernels *kernels, const struct lm_shape *shape, float *logits,
                      size_t first, size_t n);

#endif
