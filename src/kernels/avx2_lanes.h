/* SPDX-License-Identifier: Apache-2.0
 *
 * What the AVX2 files share: sixteen lanes in two registers.
 */
#ifndef TACIT_KERNELS_AVX2_LANES_H
#define TACIT_KERNELS_AVX2_LANES_H

#if defined(__AVX2__)

#include <immintrin.h>

/* By the tree of the definition. */
static inline float sum_lanes(__m256 lo, __m256 hi)
{
    __m256 s8 = _mm256_add_ps(lo, hi);
    __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
}

#endif

#endif
