/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrices of floats as the trainer's functions take them: row-major, in memory that the caller
 * owns.
 */
#ifndef TACIT_WORKSHOP_NET_MATRIX_H
#define TACIT_WORKSHOP_NET_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

/* What a product is written to: n_rows rows of n_cols floats, `stride` floats apart. */
struct matrix {
    float *data;
    size_t n_rows, n_cols, stride;
};

/* A factor: its rows lie `stride` floats apart; `transposed`: its transpose is meant. Its shape
 * follows from the product's. */
struct operand {
    const float *data;
    size_t stride;
    bool transposed;
};

static inline struct matrix matrix(float *data, size_t n_rows, size_t n_cols, size_t stride)
{
    return (struct matrix){data, n_rows, n_cols, stride};
}

static inline struct operand operand(const float *data, size_t stride)
{
    return (struct operand){data, stride, false};
}

static inline struct operand transposed(const float *data, size_t stride)
{
    return (struct operand){data, stride, true};
}

#endif
