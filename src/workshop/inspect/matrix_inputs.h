/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inputs of the layers' matrices are like (struct tacit_inspect_input), while a model reads a text.
 */
#ifndef TACIT_WORKSHOP_INSPECT_MATRIX_INPUTS_H
#define TACIT_WORKSHOP_INSPECT_MATRIX_INPUTS_H

#include "engine/lm.h"
#include "tacit/inspect.h"
#include "workshop/net/matmul.h"

struct matrix_inputs;

/* TACIT_ERR_MEMORY; on failure *inputs is NULL. */
enum tacit_status matrix_inputs_open(struct matrix_inputs **inputs, const struct lm_model *model);

/* NULL is allowed. */
void matrix_inputs_close(struct matrix_inputs *inputs);

/* An lm_observe_fn, whose context is the struct matrix_inputs. */
void matrix_inputs_observe(void *context, const struct tensor *matrix, const struct lm_rows *x,
                           size_t n_rows);

/* Calls the inspection's `input`. TACIT_ERR_MEMORY, of observing too; TACIT_ERR_CANCELLED. */
enum tacit_status matrix_inputs_tell(struct matrix_inputs *inputs,
                                     const struct tacit_inspection *job);

#endif
