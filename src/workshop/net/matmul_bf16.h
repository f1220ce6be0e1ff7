/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the bf16 product: packed panels and the blocks that multiply them.
 *
 *   A tile: 16 rows of 32 k        B tile: 16 k-pairs, each 16 columns x (k, k+1)
 *
 * A line of tiles is 16 rows of A, or 16 columns of B, over all k of the panel. Both kinds of
 * blocks, AMX tiles and vectors, read the same packing.
 */
#ifndef TACIT_WORKSHOP_NET_MATMUL_BF16_H
#define TACIT_WORKSHOP_NET_MATMUL_BF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workshop/net/matrix.h"

enum { BF16_TILE = 512 }; /* elements */

/* Functions that multiply packed lines, for one instruction set. */
struct bf16_blocks {
    const char *name;
    bool (*available)(void);
    void (*begin)(void); /* round each product; NULL for nothing to do */
    void (*end)(void);
    /* C, rows of ldc floats, (+)= two lines of A x two lines of B */
    void (*block_32x32)(const uint16_t *a, const uint16_t *b, size_t k_tiles, bool add, float *c,
                        size_t ldc);
    /* C, rows of 16 floats, = one line x one line */
    void (*block_16x16)(const uint16_t *a, const uint16_t *b, size_t k_tiles, float *c);
};

/* One panel of each operand is packed at a time: together they fit the second-level cache. */
enum {
    MATMUL_PANEL_M = 256,
    MATMUL_PANEL_N = 1024,
    MATMUL_PANEL_K = 384,
};

/* A thread's own: its blocks, and room for a packed panel of each operand, 64-byte aligned. */
struct bf16_product {
    const struct bf16_blocks *blocks;
    uint16_t *pack_a, *pack_b;
};

extern const struct bf16_blocks bf16_blocks_amx, bf16_blocks_avx512;

/* The fastest that this CPU runs, or NULL. */
const struct bf16_blocks *bf16_blocks_choose(void);

/* C = A B, or C += A B with `add`, as matmul_run. */
void matmul_bf16(const struct bf16_product *bf16, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add);

/* n_lines (rows of A, columns of B) times k floats into tiles, zeros where they end. `along`: k is
 * contiguous in src; `transpose` as the head of matmul_pack.c says. */
void bf16_pack(const float *src, size_t ld, size_t n_lines, size_t k, bool along, bool transpose,
               uint16_t *dst);

#endif
