/* SPDX-License-Identifier: Apache-2.0
 *
 * The bf16 product: panels of both operands are packed, then multiplied block by block.
 */
#include "workshop/net/matmul_bf16.h"

#include "workshop/net/matmul.h"

#ifdef TACIT_HAVE_BF16

const struct bf16_blocks *bf16_blocks_choose(void)
{
    if (bf16_blocks_amx.available())
        return &bf16_blocks_amx;
    return bf16_blocks_avx512.available() ? &bf16_blocks_avx512 : NULL;
}

/* Blocks at the edge go through a full tile of their own. */
static void block_edge(const struct bf16_blocks *blocks, const uint16_t *a, const uint16_t *b,
                       size_t k_tiles, size_t m, size_t n, bool add, float *c, size_t ldc)
{
    float whole[256] __attribute__((aligned(64)));
    blocks->block_16x16(a, b, k_tiles, whole);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = whole[i * 16 + j] + (add ? c[i * ldc + j] : 0.0f);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* m x n of C from packed panels, k_tiles deep. Along the rows of C, which may be cold; B's panel
 * stays in the second-level cache. */
static void multiply_panels(const struct bf16_blocks *blocks, const uint16_t *pack_a,
                            const uint16_t *pack_b, size_t m, size_t n, size_t k_tiles, bool add,
                            float *c, size_t ldc)
{
    const size_t line = k_tiles * BF16_TILE;
    for (size_t i = 0; i < m; i += 32) {
        for (size_t j = 0; j < n; j += 32) {
            const uint16_t *a = pack_a + i / 16 * line, *b = pack_b + j / 16 * line;
            if (i + 32 <= m && j + 32 <= n) {
                blocks->block_32x32(a, b, k_tiles, add, c + i * ldc + j, ldc);
                continue;
            }
            for (size_t ii = i; ii < smaller(i + 32, m); ii += 16)
                for (size_t jj = j; jj < smaller(j + 32, n); jj += 16)
                    block_edge(blocks, pack_a + ii / 16 * line, pack_b + jj / 16 * line, k_tiles,
                               smaller(16, m - ii), smaller(16, n - jj), add, c + ii * ldc + jj,
                               ldc);
        }
    }
}

void matmul_bf16(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                 size_t ldc)
{
    if (mm->blocks->begin)
        mm->blocks->begin();
    for (size_t j = 0; j < n; j += MATMUL_PANEL_N) {
        const size_t n_j = smaller(MATMUL_PANEL_N, n - j);
        for (size_t p = 0; p < k; p += MATMUL_PANEL_K) {
            const size_t n_p = smaller(MATMUL_PANEL_K, k - p);
            const float *from_b = trans_b ? b + j * ldb + p : b + p * ldb + j;
            bf16_pack(from_b, ldb, n_j, n_p, trans_b, trans_b, mm->pack_b);
            for (size_t i = 0; i < m; i += MATMUL_PANEL_M) {
                const size_t n_i = smaller(MATMUL_PANEL_M, m - i);
                const float *from_a = trans_a ? a + p * lda + i : a + i * lda + p;
                bf16_pack(from_a, lda, n_i, n_p, !trans_a, trans_a, mm->pack_a);
                multiply_panels(mm->blocks, mm->pack_a, mm->pack_b, n_i, n_j, (n_p + 31) / 32,
                                add || p > 0, c + i * ldc + j, ldc);
            }
        }
    }
    if (mm->blocks->end)
        mm->blocks->end();
}

#else

const struct bf16_blocks *bf16_blocks_choose(void)
{
    return NULL;
}

void matmul_bf16(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                 size_t ldc)
{
    (void)mm, (void)trans_a, (void)trans_b, (void)m, (void)n, (void)k, (void)a, (void)lda;
    (void)b, (void)ldb, (void)add, (void)c, (void)ldc;
}

#endif
