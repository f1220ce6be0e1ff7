/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_int4 by VPMADDUBSW, which multiplies unsigned bytes, the weights of 0 .. 15, by signed
 * bytes, the activations. The pairs' sums of a group of 32 are added in 16 bits, where they fit
 * (lm_kernels.h), and widened once.
 */
#if defined(__x86_64__)

#include <string.h>

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_int4.h"
#include "kernels/lm_isa.h"

enum { VECTORS = LM_TILE_ROWS / LANES };

static inline int32_t sum_of_32(const int8_t *q)
{
    ints pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), _mm256_load_si256((const ints *)q));
    return sum_ints(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* Eight finite numbers of binary16. */
static inline floats load_halves(const uint16_t *p)
{
    ints halves = _mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)p));
    ints magnitude =
        _mm256_slli_epi32(_mm256_and_si256(halves, _mm256_set1_epi32(0x7fff)), LM_HALF_SHIFT);
    ints sign = _mm256_slli_epi32(_mm256_and_si256(halves, _mm256_set1_epi32(0x8000)), 16);
    floats value = mul(_mm256_castsi256_ps(magnitude), splat(LM_HALF_GAIN));
    return _mm256_or_ps(value, _mm256_castsi256_ps(sign));
}

static inline ints broadcast_four(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __attribute__((always_inline)) void sum_half(ints (*sum)[VECTORS],
                                                           const uint8_t (*q)[LM_TILE_ROWS][4],
                                                           const int8_t *x, size_t x_stride,
                                                           const int n_rows)
{
    const ints low_bits = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (size_t j = 0; j < LM_INT4_GROUP / 8; j++)
#pragma GCC unroll 2
        for (int i = 0; i < VECTORS; i++) {
            ints both = _mm256_load_si256((const ints *)q[j] + i);
            ints low = _mm256_and_si256(both, low_bits);
            ints high = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_bits);
#pragma GCC unroll 4
            for (int m = 0; m < n_rows; m++) {
                const int8_t *at = x + (size_t)m * x_stride + 4 * j;
                ints a = _mm256_maddubs_epi16(low, broadcast_four(at));
                ints b = _mm256_maddubs_epi16(high, broadcast_four(at + 16));
                sum[m][i] = _mm256_add_epi16(sum[m][i], _mm256_add_epi16(a, b));
            }
        }
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = _mm256_madd_epi16(sum[m][i], ones);
}

#define ISA avx2
#include "kernels/lm_int4_blocks.h"

#endif
