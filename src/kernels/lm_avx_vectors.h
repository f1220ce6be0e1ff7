/* SPDX-License-Identifier: Apache-2.0
 *
 * What the products of lm_avx2.c and lm_avx_vnni.c share beside the operations of avx2_lanes.h.
 */
#ifndef TACIT_KERNELS_LM_AVX_VECTORS_H
#define TACIT_KERNELS_LM_AVX_VECTORS_H

#if defined(__AVX2__)

#include "kernels/avx2_lanes.h"

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

#endif

#endif
