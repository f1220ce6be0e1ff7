/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/matmul_avx2.h"

#ifdef TACIT_HAVE_AVX2_FLAGS

#include <immintrin.h>

bool matmul_avx2_available(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Packs n_lines (rows of A, columns of B) of n_k floats in groups of `block` lines, each group k
 * after k, with zeros for the lines that the last group lacks. Neighbours in k lie `k_step` apart,
 * neighbouring lines `line_step`. */
static inline __attribute__((always_inline)) void pack(float *dst, const float *src,
                                                       size_t line_step, size_t k_step,
                                                       size_t n_lines, size_t n_k, size_t block)
{
    for (size_t line = 0; line < n_lines; line += block, dst += block * n_k) {
        const size_t n = smaller(block, n_lines - line);
        const float *from = src + line * line_step;
        if (n == block && line_step == 1) {
            for (size_t p = 0; p < n_k; p++)
                for (size_t i = 0; i < block; i++)
                    dst[p * block + i] = from[p * k_step + i];
            continue;
        }
        for (size_t i = 0; i < block; i++)
            for (size_t p = 0; p < n_k; p++)
                dst[p * block + i] = i < n ? from[i * line_step + p * k_step] : 0.0f;
    }
}

/* sums: [6][16], one group of A times one group of B. The twelve sums stay in registers: both loops over rows
 * are unrolled. */
static inline __attribute__((always_inline)) void multiply_block(float *sums, const float *a,
                                                                 const float *b, size_t n_k)
{
    __m256 s[AVX2_BLOCK_M][2];
#pragma GCC unroll 6
    for (int r = 0; r < AVX2_BLOCK_M; r++)
        s[r][0] = s[r][1] = _mm256_setzero_ps();
    for (size_t p = 0; p < n_k; p++, a += AVX2_BLOCK_M, b += AVX2_BLOCK_N) {
        const __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);
#pragma GCC unroll 6
        for (int r = 0; r < AVX2_BLOCK_M; r++) {
            const __m256 x = _mm256_broadcast_ss(a + r);
            s[r][0] = _mm256_fmadd_ps(x, b0, s[r][0]);
            s[r][1] = _mm256_fmadd_ps(x, b1, s[r][1]);
        }
    }
#pragma GCC unroll 6
    for (size_t r = 0; r < AVX2_BLOCK_M; r++) {
        _mm256_store_ps(sums + r * AVX2_BLOCK_N, s[r][0]);
        _mm256_store_ps(sums + r * AVX2_BLOCK_N + 8, s[r][1]);
    }
}

/* c: at most 6 x 16. */
static void store_block(struct matrix c, const float *sums, bool add)
{
    for (size_t r = 0; r < c.n_rows; r++, sums += AVX2_BLOCK_N)
        for (size_t j = 0; j < c.n_cols; j++) {
            float *at = c.data + r * c.stride + j;
            *at = sums[j] + (add ? *at : 0.0f);
        }
}

static void multiply_panels(const struct avx2_product *avx2, struct matrix c, size_t n_k, bool add)
{
    for (size_t j = 0; j < c.n_cols; j += AVX2_BLOCK_N)
        for (size_t i = 0; i < c.n_rows; i += AVX2_BLOCK_M) {
            float sums[AVX2_BLOCK_M * AVX2_BLOCK_N] __attribute__((aligned(32)));
            multiply_block(sums, avx2->pack_a + i * n_k, avx2->pack_b + j * n_k, n_k);
            store_block(matrix(c.data + i * c.stride + j, smaller(AVX2_BLOCK_M, c.n_rows - i),
                               smaller(AVX2_BLOCK_N, c.n_cols - j), c.stride),
                        sums, add);
        }
}

void matmul_avx2(const struct avx2_product *avx2, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add)
{
    const size_t a_row = a.transposed ? 1 : a.stride, a_k = a.transposed ? a.stride : 1;
    const size_t b_column = b.transposed ? b.stride : 1, b_k = b.transposed ? 1 : b.stride;
    for (size_t j = 0; j < c.n_cols; j += AVX2_PANEL_N) {
        const size_t n_j = smaller(AVX2_PANEL_N, c.n_cols - j);
        for (size_t p = 0; p < k; p += AVX2_PANEL_K) {
            const size_t n_p = smaller(AVX2_PANEL_K, k - p);
            pack(avx2->pack_b, b.data + j * b_column + p * b_k, b_column, b_k, n_j, n_p,
                 AVX2_BLOCK_N);
            for (size_t i = 0; i < c.n_rows; i += AVX2_PANEL_M) {
                const size_t n_i = smaller(AVX2_PANEL_M, c.n_rows - i);
                pack(avx2->pack_a, a.data + i * a_row + p * a_k, a_row, a_k, n_i, n_p,
                     AVX2_BLOCK_M);
                multiply_panels(avx2, matrix(c.data + i * c.stride + j, n_i, n_j, c.stride), n_p,
                                add || p > 0);
            }
        }
    }
}

#else

bool matmul_avx2_available(void)
{
    return false;
}

void matmul_avx2(const struct avx2_product *avx2, struct matrix c, struct operand a,
                 struct operand b, size_t k, bool add)
{
    (void)avx2, (void)c, (void)a, (void)b, (void)k, (void)add;
}

#endif
