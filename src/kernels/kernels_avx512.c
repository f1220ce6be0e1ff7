/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen lanes in one register. squash stays the AVX2 variant's: its arrays are a vector or two
 * long.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/kernels.h"

static float sum_lanes(__m512 s)
{
    __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(s), _mm512_extractf32x8_ps(s, 1));
    __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
}

static __m512 mul_add(__m512 sum, const float *a, const float *b)
{
    return _mm512_add_ps(sum, _mm512_mul_ps(_mm512_load_ps(a), _mm512_load_ps(b)));
}

/* Four sets at a time: one sum is a chain of dependent additions, four keep the adders busy. */
static void mix_dots_avx512(float *out, const float *x, size_t n, float *const *sets, size_t n_sets)
{
    size_t k = 0;
    for (; k + 4 <= n_sets; k += 4) {
        __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < n; i += 16) {
            s0 = mul_add(s0, x + i, sets[k] + i);
            s1 = mul_add(s1, x + i, sets[k + 1] + i);
            s2 = mul_add(s2, x + i, sets[k + 2] + i);
            s3 = mul_add(s3, x + i, sets[k + 3] + i);
        }
        out[k] = sum_lanes(s0);
        out[k + 1] = sum_lanes(s1);
        out[k + 2] = sum_lanes(s2);
        out[k + 3] = sum_lanes(s3);
    }
    for (; k < n_sets; k++) {
        __m512 s = _mm512_setzero_ps();
        for (size_t i = 0; i < n; i += 16)
            s = mul_add(s, x + i, sets[k] + i);
        out[k] = sum_lanes(s);
    }
}

static void mix_train_avx512(float *const *sets, size_t n_sets, const float *step, const float *x,
                             size_t n)
{
    for (size_t k = 0; k < n_sets; k++) {
        float *w = sets[k];
        __m512 s = _mm512_set1_ps(step[k]);
        for (size_t i = 0; i < n; i += 16)
            _mm512_store_ps(w + i, _mm512_add_ps(_mm512_load_ps(w + i),
                                                 _mm512_mul_ps(_mm512_load_ps(x + i), s)));
    }
}

void kernels_init_avx512(struct kernels *kernels)
{
    kernels->mix_dots = mix_dots_avx512;
    kernels->mix_train = mix_train_avx512;
}

#endif
