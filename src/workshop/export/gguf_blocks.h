/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the engine's matrices as blocks of GGUF's types. Where the type can hold the row's own
 * numbers it does: int8 in Q8_0 (the scales of 64 numbers, rounded to 16 bits, twice), int4 in Q4_1,
 * and in Q4_0 where the minimum is -8 scales. Others are rounded to the nearest.
 */
#ifndef TACIT_WORKSHOP_EXPORT_GGUF_BLOCKS_H
#define TACIT_WORKSHOP_EXPORT_GGUF_BLOCKS_H

#include "engine/tensor.h"
#include "gguf/gguf_dequant.h"
#include "tacit/shrink.h"

/* The type for a matrix of that kind. */
const struct gguf_type *gguf_blocks_type(enum tacit_gguf_type wanted, enum tensor_kind kind);

/* Writes a row: dst [n_columns / type->n_block * type->block_bytes]; values: room for the row's
 * floats. TACIT_ERR_RANGE: a number too large for binary16. */
enum tacit_status gguf_blocks_row(uint8_t *dst, const struct gguf_type *type,
                                  const struct tensor *tensor, size_t row, float *values);

#endif
