/* SPDX-License-Identifier: Apache-2.0
 *
 * The bf16 product: panels of both operands are packed, then multiplied block by block.
 */
#include "workshop/net/matmul_bf16.h"

#ifdef TACIT_HAVE_BF16

const struct bf16_blocks *bf16_blocks_choose(void)
{
    if (bf16_blocks_amx.available())
        return &bf16_blocks_amx;
    return bf16_blocks_avx512.available() ? &bf16_blocks_avx512 : NULL;
}

/* Blocks at the edge are computed in a full tile, then copied: c is at most 16 x 16. */
static void block_edge(const struct bf16_blocks *blocks, const uint16_t *a, const uint16_t *b,
                       size_t k_tiles, struct matrix c, bool add)
{
    float whole[256] __attribute__((aligned(64)));
    blocks->block_16x16(a, b, k_tiles, whole);
    for (size_t i = 0; i < c.n_rows; i++)
        for (size_t j = 0; j < c.n_cols; j++) {
            float *at = c.data + i * c.stride + j;
            *at = whole[i * 16 + j] + (add ? *at : 0.0f);
        }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* C from the packed panels, k_tiles deep. Goes along the rows of C, which may not be in a cache;
 * B's panel stays in the second-level cache. */
static void multiply_panels(const struct bf16_product *bf16, struct matrix c, size_t k_tiles,
                            bool add)
{
    const size_t line = k_tiles * BF16_TILE, m = c.n_rows, n = c.n_cols;
    for (size_t i = 0; i < m; i += 32) {
        for (size_t j = 0; j < n; j += 32) {
            const uint16_t *a = bf16->pack_a + i / 16 * line, *b = bf16->pack_b + j / 16 * line;
            if (i + 32 <= m && j + 32 <= n) {
                bf16->blocks->block_32x32(a, b, k_tiles, add, c.data + i * c.stride + j, c.stride);
                continue;
            }
            for (size_t ii = i; ii < smaller(i + 32, m); ii += 16)
                for (size_t jj = j; jj < smaller(j + 32, n); jj += 16)
                    block_edge(bf16->blocks, bf16->pack_a + ii / 16 * line,
                               bf16->pack_b + jj / 16 * line, k_tiles,
                               matrix(c.data + ii * c.stride + jj, smaller(16, m - ii),
                                      smaller(16, n - jj), c.stride),
                               add);
        }
    }
}

void matmul_bf16(const struct bf16_product *bf16, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add)
{
    if (bf16->blocks->begin)
        bf16->blocks->begin();
    for (size_t j = 0; j < c.n_cols; j += MATMUL_PANEL_N) {
        const size_t n_j = smaller(MATMUL_PANEL_N, c.n_cols - j);
        for (size_t p = 0; p < k; p += MATMUL_PANEL_K) {
            const size_t n_p = smaller(MATMUL_PANEL_K, k - p);
            const float *from_b = b.data + (b.transposed ? j * b.stride + p : p * b.stride + j);
            bf16_pack(from_b, b.stride, n_j, n_p, b.transposed, b.transposed, bf16->pack_b);
            for (size_t i = 0; i < c.n_rows; i += MATMUL_PANEL_M) {
                const size_t n_i = smaller(MATMUL_PANEL_M, c.n_rows - i);
                const float *from_a = a.data + (a.transposed ? p * a.stride + i : i * a.stride + p);
                bf16_pack(from_a, a.stride, n_i, n_p, !a.transposed, a.transposed, bf16->pack_a);
                multiply_panels(bf16, matrix(c.data + i * c.stride + j, n_i, n_j, c.stride),
                                (n_p + 31) / 32, add || p > 0);
            }
        }
    }
    if (bf16->blocks->end)
        bf16->blocks->end();
}

#else

const struct bf16_blocks *bf16_blocks_choose(void)
{
    return NULL;
}

void matmul_bf16(const struct bf16_product *bf16, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add)
{
    (void)bf16, (void)c, (void)a, (void)b, (void)k, (void)add;
}

#endif
