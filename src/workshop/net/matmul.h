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

struct bf16_blocks;

struct matmul {
    const struct bf16_blocks *blocks; /* NULL: plain float */
    uint16_t *pack_a, *pack_b;        /* panels of bf16, 64-byte aligned; NULL without blocks */
};

/* `exact` keeps to plain float loops. The struct needs no closing if this fails. */
enum tacit_status matmul_open(struct matmul *mm, bool exact);
void matmul_close(struct matmul *mm);

/* op(A) is m x k, op(B) is k x n, C is m x n. With trans_a, A is stored k x m; with trans_b, B is
 * stored n x k. ld* are row lengths in floats. `add` accumulates into C. C overlaps neither
 * operand. */
void matmul_run(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                size_t ldc);

/* What computes: for messages. */
const char *matmul_name(const struct matmul *mm);

/* matmul_bf16.c: matmul_run where there are blocks. */
void matmul_bf16(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                 size_t ldc);

#endif
