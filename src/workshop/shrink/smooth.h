/* SPDX-License-Identifier: Apache-2.0
 *
 * Evens out the inputs of a model's matrices, so that rounding them to 8 bits loses less (SmoothQuant, arXiv 2211.10438).
 *
 * 64 inputs of a product share a scale, and where one of them is much larger than the others, these are rounded coarsely. So each
 * input is divided by a factor, and its column of the matrix is multiplied by it; the factor is the square root of the input's root mean
 * square on texts. What makes the input takes the division: the gain of the norm, the rows of values, the rows of the
 * hidden layer. In exact arithmetic the model computes the same. The head's inputs stay: where the head is the embedding, factors would change the embedding too.
 */
#ifndef TACIT_WORKSHOP_SHRINK_SMOOTH_H
#define TACIT_WORKSHOP_SHRINK_SMOOTH_H

#include "workshop/shrink/calibration.h"

/* Makes such a model, all of whose matrices are of int8, as those of `model` are. calibration: of `model`.
 * TACIT_ERR_ARGUMENT: a matrix of `model` is of another kind; TACIT_ERR_MEMORY. On failure *made is NULL. */
enum tacit_status smooth_model(struct lm_model **made, const struct lm_model *model,
                               const struct calibration *calibration);

#endif
