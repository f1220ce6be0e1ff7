/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocates and quantises rows of activations (struct lm_rows of kernels/lm_kernels.h), and the inputs of products.
 */
#ifndef TACIT_ENGINE_LM_ROWS_H
#define TACIT_ENGINE_LM_ROWS_H

#include <stdalign.h>

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

/* The rows from one of them on. */
static inline struct lm_rows lm_rows_from(const struct lm_rows *rows, size_t row)
{
    size_t at = row * rows->n_groups;
    return (struct lm_rows){rows->q + at * LM_GROUP, rows->scale + at, rows->sum + at,
                            rows->n_groups};
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

/* Inputs of products. Wide ones are the sum of two rows: `rest` is what quantising to `rows` left, quantised in its turn,
 * so that together they have some 15 bits. */
struct lm_inputs {
    struct lm_rows rows, rest; /* rest.n_groups: 0 unless wide */
};

static inline void lm_inputs_lay_out(struct lm_inputs *inputs, size_t n_rows, size_t n_columns,
                                     bool wide, struct arena *arena)
{
    lm_rows_lay_out(&inputs->rows, n_rows, n_columns, arena);
    lm_rows_lay_out(&inputs->rest, n_rows, wide ? n_columns : 0, arena);
}

/* As lm_rows_quantize_part. */
static inline void lm_inputs_quantize_part(struct lm_inputs *inputs, const struct kernels *kernels,
                                           size_t row, size_t first, size_t n_groups,
                                           const float *x)
{
    const struct lm_rows *rows = &inputs->rows;
    alignas(ARENA_ALIGN) float left[LM_GROUP];
    lm_rows_quantize_part(&inputs->rows, kernels, row, first, n_groups, x);
    if (inputs->rest.n_groups == 0)
        return;
    for (size_t g = first; g < first + n_groups; g++, x += LM_GROUP) {
        const int8_t *q = rows->q + (row * rows->n_groups + g) * LM_GROUP;
        float scale = rows->scale[row * rows->n_groups + g];
        for (size_t i = 0; i < LM_GROUP; i++)
            left[i] = x[i] - (float)q[i] * scale;
        lm_rows_quantize_part(&inputs->rest, kernels, row, g, 1, left);
    }
}

static inline void lm_inputs_quantize(struct lm_inputs *inputs, const struct kernels *kernels,
                                      size_t row, const float *x)
{
    lm_inputs_quantize_part(inputs, kernels, row, 0, inputs->rows.n_groups, x);
}

/* The inputs from a row on. */
static inline struct lm_inputs lm_inputs_from(const struct lm_inputs *inputs, size_t row)
{
    struct lm_inputs from = *inputs;
    from.rows = lm_rows_from(&inputs->rows, row);
    from.rest = lm_rows_from(&inputs->rest, row);
    return from;
}

#endif
