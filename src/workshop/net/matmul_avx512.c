/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of the bf16 product on AVX-512 vectors: pairs of k summed into 16 floats at a time.
 */
#include "workshop/net/matmul_bf16.h"

#ifdef TACIT_HAVE_BF16

#include <immintrin.h>
#include <string.h>

static bool available(void)
{
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw");
}

static inline __m512bh pair_of_row(const uint16_t *a)
{
    int32_t pair;
    memcpy(&pair, a, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

/* 8 rows of A x two lines of B: sixteen sums, which hides the latency of the dot product. */
static inline __attribute__((always_inline)) void block_8x32(const uint16_t *a, const uint16_t *b,
                                                             const uint16_t *b1, size_t k_tiles,
                                                             bool add, float *c, size_t ldc)
{
    __m512 sum[8][2];
    for (int r = 0; r < 8; r++) {
        sum[r][0] = add ? _mm512_loadu_ps(c + (size_t)r * ldc) : _mm512_setzero_ps();
        sum[r][1] = add ? _mm512_loadu_ps(c + (size_t)r * ldc + 16) : _mm512_setzero_ps();
    }
    for (size_t t = 0; t < k_tiles * BF16_TILE; t += BF16_TILE) {
        for (size_t p = 0; p < 16; p++) {
            const __m512bh y = (__m512bh)_mm512_load_si512(b + t + p * 32);
            const __m512bh y1 = (__m512bh)_mm512_load_si512(b1 + t + p * 32);
            for (size_t r = 0; r < 8; r++) {
                const __m512bh x = pair_of_row(a + t + r * 32 + p * 2);
                sum[r][0] = _mm512_dpbf16_ps(sum[r][0], x, y);
                sum[r][1] = _mm512_dpbf16_ps(sum[r][1], x, y1);
            }
        }
    }
    for (int r = 0; r < 8; r++) {
        _mm512_storeu_ps(c + (size_t)r * ldc, sum[r][0]);
        _mm512_storeu_ps(c + (size_t)r * ldc + 16, sum[r][1]);
    }
}

static void block_32x32(const uint16_t *a, const uint16_t *b, size_t k_tiles, bool add, float *c,
                        size_t ldc)
{
    const size_t line = k_tiles * BF16_TILE;
    for (size_t row = 0; row < 32; row += 8)
        block_8x32(a + row / 16 * line + row % 16 * 32, b, b + line, k_tiles, add, c + row * ldc,
                   ldc);
}

/* Only at the edges of C, so plain. */
static void block_16x16(const uint16_t *a, const uint16_t *b, size_t k_tiles, float *c)
{
    for (size_t r = 0; r < 16; r++) {
        __m512 sum = _mm512_setzero_ps();
        for (size_t t = 0; t < k_tiles * BF16_TILE; t += BF16_TILE)
            for (size_t p = 0; p < 16; p++)
                sum = _mm512_dpbf16_ps(sum, pair_of_row(a + t + r * 32 + p * 2),
                                       (__m512bh)_mm512_load_si512(b + t + p * 32));
        _mm512_storeu_ps(c + r * 16, sum);
    }
}

const struct bf16_blocks bf16_blocks_avx512 = {
    "AVX-512 bf16", available, NULL, NULL, block_32x32, block_16x16,
};

#endif
