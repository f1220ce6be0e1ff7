/* SPDX-License-Identifier: Apache-2.0
 *
 * Divides a model's keys by powers of two and multiplies its queries by them, so that neither has
 * numbers far above its others. The scores, products of the two, stay what they are.
 *
 * Keys and queries are rounded to 8 bits, 64 numbers by one scale. Where a bias makes a few numbers
 * of a key a hundred times the others, as in Qwen 2, the others are lost: Qwen2.5-Coder-0.5B took 2 %
 * more bits than with exact scores, and 0.2 % with this. (SmoothQuant, Xiao et al. 2023, does
 * the same with activations and weights.)
 */
#ifndef TACIT_MODEL_HEAD_BALANCE_H
#define TACIT_MODEL_HEAD_BALANCE_H

#include <stdbool.h>

#include "engine/lm_model.h"

/* Whether queries, keys and values have biases, and no norms behind them. */
bool head_balance_applies(const struct lm_shape *shape);

/* For such models; does nothing to others. The matrices are of TENSOR_INT8. Sets the identity.
 * TACIT_ERR_MEMORY. */
enum tacit_status head_balance(struct lm_model *model);

#endif
