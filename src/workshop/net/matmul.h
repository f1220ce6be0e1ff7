/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrix products for the trainer: C = op(A) op(B) or C += op(A) op(B), float in, float out,
 * row-major.
 *
 * One struct matmul belongs to one thread; it owns the packing scratch. Where the CPU has bf16
 * products (AMX, AVX-512) the operands are rounded to bf16 and summed in float (that is what training wants); otherwise, or
 * with `exact` set, plain float loops run, which the gradient checks need. Results differ between
 * the two, and nothing that a decoder must reproduce may come from here.
 */
#ifndef TACIT_WORKSHOP_NET_MATMUL_H
#define TACIT_WORKSHOP_NET_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

/* One panel of each operand is packed at a time: together they fit the second-level cache. */
enum {
    MATMUL_PANEL_M = 256,
    MATMUL_PANEL_N = 1024,
    MATMUL_PANEL_K = 384,
};

/* What a product is written to: n_rows rows of n_cols floats, `stride` floats apart. */
struct matrix {
    float *data;
    size_t n_rows, n_cols, stride;
};

/* A factor: its rows lie `stride` floats apart; it is meant turned over if `transposed` is set. Its shape
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

struct bf16_blocks;

struct matmul {
    const struct bf16_blocks *blocks; /* NULL: plain float */
    uint16_t *pack_a, *pack_b;        /* panels of bf16, 64-byte aligned; NULL without blocks */
};

/* `exact` keeps to plain float loops. The struct needs no closing if this fails. */
enum tacit_status matmul_open(struct matmul *mm, bool exact);
void matmul_close(struct matmul *mm);

/* C = A B, or C += A B with `add`: A is C's n_rows x k, B is k x C's n_cols. C overlaps neither. */
void matmul_run(struct matmul *mm, struct matrix c, struct operand a, struct operand b, size_t k,
                bool add);

/* What computes: for messages. */
const char *matmul_name(const struct matmul *mm);

#endif
