/* SPDX-License-Identifier: Apache-2.0
 *
 * The float product on AVX2: panels of both operands are packed, then multiplied in blocks of 6 x 16 by
 * fused multiply-add.
 */
#ifndef TACIT_WORKSHOP_NET_MATMUL_AVX2_H
#define TACIT_WORKSHOP_NET_MATMUL_AVX2_H

#include <stdbool.h>

#include "workshop/net/matrix.h"

/* One panel of each operand is packed at a time: A's in the second-level cache, one block of B's in the first. */
enum {
    AVX2_BLOCK_M = 6,
    AVX2_BLOCK_N = 16,
    AVX2_PANEL_M = 16 * AVX2_BLOCK_M,
    AVX2_PANEL_N = 16 * AVX2_BLOCK_N,
    AVX2_PANEL_K = 256,
};

/* A thread's own: AVX2_PANEL_M x AVX2_PANEL_K and AVX2_PANEL_K x AVX2_PANEL_N floats, 64-byte aligned. */
struct avx2_product {
    float *pack_a, *pack_b;
};

bool matmul_avx2_available(void);

/* C = A B, or C += A B with `add`, as matmul_run. */
void matmul_avx2(const struct avx2_product *avx2, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add);

#endif
