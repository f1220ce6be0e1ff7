/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocates and quantises rows of activations (struct lm_rows of kernels/lm_kernels.h).
 */
#ifndef TACIT_ENGINE_LM_ROWS_H
#define TACIT_ENGINE_LM_ROWS_H

#include "base/arena.h"
#include "kernels/kernels.h"

/* n_columns: a multiple of 64. Without memory the arena only counts. */
static inline void lm_rows_lay_out(struct lm_rows *rows, size_t n_rows, size_t n_columns,
                                   struct arena *arena)
{
    rows->n_groups = n_columns / LM_GROUP;
    rows->q = arena_take(arena, n_rows * n_columns);
    rows->scale = arena_take(arena, n_rows * rows->n_groups * sizeof *rows->scale);
    rows->sum = arena_take(arena, n_rows * rows->n_groups * sizeof *rows->sum);
}

/* Quantises x[0 .. 64 n_groups) to groups [first, first + n_groups) of a row. */
static inline void lm_rows_quantize_part(struct lm_rows *rows, const struct kernels *kernels,
                                         size_t row, size_t first, size_t n_groups, const float *x)
{
    size_t at = row * rows->n_groups + first;
    kernels->lm_quantize(rows->q + at * LM_GROUP, rows->scale + at, rows->sum + at, x, n_groups);
}

static inline void lm_rows_quantize(struct lm_rows *rows, const struct kernels *kernels, size_t row,
                                    const float *x)
{
    lm_rows_quantize_part(rows, kernels, row, 0, rows->n_groups, x);
}

#endif
