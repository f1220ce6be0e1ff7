/* SPDX-License-Identifier: Apache-2.0
 *
 * What the AVX-512 variants of the language model's kernels share: sixteen lanes in one register.
 */
#ifndef TACIT_KERNELS_LM_AVX512_H
#define TACIT_KERNELS_LM_AVX512_H

#if defined(__AVX512F__)

#include <immintrin.h>

/* One group's dots of one row, scaled and added to the total; the definition's order of operations.
 */
static inline __m512 lm_add_group(__m512 total, __m512i dots, __m512 x_scale, __m512 w_scale)
{
    __m512 scaled = _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(dots), x_scale), w_scale);
    return _mm512_add_ps(total, scaled);
}

#endif

#endif
