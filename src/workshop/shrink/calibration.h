/* SPDX-License-Identifier: Apache-2.0
 *
 * The inputs of a model's matrices while it reads text: for each matrix, X^T X, the sum over all
 * tokens of the products of any two inputs.
 */
#ifndef TACIT_WORKSHOP_SHRINK_CALIBRATION_H
#define TACIT_WORKSHOP_SHRINK_CALIBRATION_H

#include "engine/lm_model.h"
#include "token/tokenizer.h"

struct calibration {
    size_t n_tensors;
    float **products; /* [n_tensors]: [n_columns][n_columns], NULL if the tensor was not
                         multiplied */
    size_t n_tokens;
};

/* The model reads the files, each in windows of 512 tokens. TACIT_ERR_IO (errno), TACIT_ERR_CONTENT_LIMIT: fewer than
 * 512 tokens in all; TACIT_ERR_MEMORY. On failure the caller has nothing to close. */
enum tacit_status calibration_run(struct calibration *calibration, const struct lm_model *model,
                                  const struct tokenizer *tokenizer, const char *const *paths,
                                  size_t n_paths);

void calibration_close(struct calibration *calibration);

#endif
