/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a model in memory from rows of floats that an importer, the trainer or a test delivers.
 */
#ifndef TACIT_ENGINE_LM_BUILD_H
#define TACIT_ENGINE_LM_BUILD_H

#include "engine/lm_model.h"

/* Writes row `row` (0 for a vector) of a tensor to dst[0 .. n_columns); layer is 0 for global
 * tensors. */
typedef enum tacit_status lm_row_fn(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                    float *dst);

/* Quantises every row that `row` delivers. TACIT_ERR_UNSUPPORTED (shape), TACIT_ERR_MEMORY,
 * TACIT_ERR_MODEL_DAMAGED (a value is not finite), or what `row` returned. On failure *model is
 * NULL. */
enum tacit_status lm_model_build(struct lm_model **model, const struct lm_shape *shape,
                                 lm_row_fn *row, void *context);

#endif
