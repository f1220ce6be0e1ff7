/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrix products for the trainer: C = op(A) op(B) or C += op(A) op(B), float in, float out,
 * row-major.
 *
 * One struct matmul belongs to one thread; it owns the packing scratch. On CPUs with bf16 products
 * (AMX, AVX-512) the operands are rounded to bf16 and summed in float, which is exact enough for
 * training. On AVX2 they stay floats. Otherwise, or with `exact` set, plain float loops run, which
 * the gradient checks need. Results differ between these ways, so nothing that a decoder must
 * reproduce may use them.
 */
#ifndef TACIT_WORKSHOP_NET_MATMUL_H
#define TACIT_WORKSHOP_NET_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

#include "tacit/status.h"
#include "workshop/net/matmul_avx2.h"
#include "workshop/net/matmul_bf16.h"
#include "workshop/net/matrix.h"

struct matmul {
    struct bf16_product bf16; /* its blocks are NULL if this CPU has no bf16 products */
    struct avx2_product avx2; /* its panels are NULL if it is not used */
};

/* `exact` keeps to plain float loops. The struct needs no closing if this fails. */
enum tacit_status matmul_open(struct matmul *mm, bool exact);
void matmul_close(struct matmul *mm);

/* C = A B, or C += A B with `add`: A is C's n_rows x k, B is k x C's n_cols. C overlaps neither. */
void matmul_run(struct matmul *mm, struct matrix c, struct operand a, struct operand b, size_t k,
                bool add);

/* The name of the way that is used, for messages. */
const char *matmul_name(const struct matmul *mm);

#endif
