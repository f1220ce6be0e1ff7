/* SPDX-License-Identifier: Apache-2.0
 *
 * Trained start values: instead of one weight for all inputs, a mixer begins with weights that were trained once, for
 * each selector, value and input (docs/predictor.md, section 10). There are two tables, trained_text.bin and
 * trained_words.bin, made by lab/0015-start-of-context-models.
 *
 * A table knows the inputs and selectors of some components of strong models for text. To others a mixer gives the
 * usual start.
 */
#ifndef TACIT_PREDICT_TRAINED_START_H
#define TACIT_PREDICT_TRAINED_START_H

#include "predict/inputs.h"

enum { TRAINED_REFINER_STEPS = 16 };

/* Notes for a component that was laid out after `before` was the shape which of the table's inputs and selectors its
 * own are. */
void trained_start_note(struct mixer_shape *shape, const struct mixer_shape *before,
                        const struct component_ops *ops);

/* The age at which all weight sets of a mixer with a trained start begin. */
enum { TRAINED_START_AGE = 512 };

/* Replaces the weights of the selectors and inputs of shape that its table (shape->trained) knows, all others being filled. Weights:
 * of each selector's values in order, stride apart. */
void trained_start_weights(float *weights, size_t stride, const struct mixer_shape *shape);

/* Moves the steps of the refiner's map m (0 or 1) of 65536 contexts, all alike so far, to where they begin. */
void trained_start_refiner(float (*map)[TRAINED_REFINER_STEPS], unsigned m,
                           enum trained_start start);

#endif
