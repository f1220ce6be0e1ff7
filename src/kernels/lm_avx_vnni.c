/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by 256-bit VPDPBUSD, for processors that have it without AVX-512; unsigned weights as
 * in lm_avx512_vnni.c.
 */
#if defined(__x86_64__)

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"

#define ISA avx_vnni

static inline __m256i broadcast_four(const int8_t *x)
{
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __m256 scale_add(__m256 total, __m256i sum, float x_scale, __m256 w_scale)
{
    __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(x_scale));
    return _mm256_add_ps(total, _mm256_mul_ps(scaled, w_scale));
}

static inline ints start(int32_t sum)
{
    return _mm256_set1_epi32(-128 * sum);
}

static inline __attribute__((always_inline)) void add_group(ints (*sum)[LM_TILE_ROWS / LANES],
                                                            const int8_t *w, const int8_t *x,
                                                            size_t x_stride, const int n_rows)
{
    const ints flip = _mm256_set1_epi8(-128);
    for (int k = 0; k < LM_GROUP / 4; k++, w += 4 * LM_TILE_ROWS) {
        ints low = _mm256_xor_si256(_mm256_load_si256((const ints *)w), flip);
        ints high = _mm256_xor_si256(_mm256_load_si256((const ints *)w + 1), flip);
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++) {
            ints four = broadcast_four(x + (size_t)m * x_stride + 4 * k);
            sum[m][0] = _mm256_dpbusd_avx_epi32(sum[m][0], low, four);
            sum[m][1] = _mm256_dpbusd_avx_epi32(sum[m][1], high, four);
        }
    }
}

#include "kernels/lm_product_blocks.h"

void lm_kernels_init_avx_vnni(struct kernels *kernels)
{
    kernels->lm_product = lm_product_avx_vnni;
}

#endif
