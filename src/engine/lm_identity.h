/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's identity: SHA-256 of
 *
 *     "tacit language model 1\n"
 *     every field of the shape, in the order of LM_SHAPE_SIZES and LM_SHAPE_FLOATS, 4 bytes each;
 *         with LM_EXTENDED, those of LM_SHAPE_MORE_SIZES and LM_SHAPE_MORE_FLOATS too
 *     every tensor, the global ones and then layer by layer, in the order of their ids:
 *         a vector:  its floats
 *         a matrix:  row by row, its int8 values and then its scales
 *
 * For a model whose matrices are not all int8, the text is "tacit language model 2\n" instead, and
 * before each tensor, even an absent one, stands its kind in 4 bytes; a matrix of TENSOR_INT4 is
 * hashed row by row, group by group: 32 numbers of a byte each, scale and minimum of two; one of a narrow kind as 64
 * numbers of a byte each, the minimum, a byte, and the scale, two.
 *
 * all numbers little-endian. Padding is not part of it.
 */
#ifndef TACIT_ENGINE_LM_IDENTITY_H
#define TACIT_ENGINE_LM_IDENTITY_H

#include "engine/lm_model.h"

void lm_identity(const struct lm_model *model, uint8_t identity[LM_IDENTITY_BYTES]);

#endif
