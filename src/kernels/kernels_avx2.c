/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen lanes in two registers. No FMA: it rounds once where the definition rounds twice.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/avx2_lanes.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"

static void mul_add(__m256 *lo, __m256 *hi, const float *a, const float *b)
{
    *lo = _mm256_add_ps(*lo, _mm256_mul_ps(_mm256_load_ps(a), _mm256_load_ps(b)));
    *hi = _mm256_add_ps(*hi, _mm256_mul_ps(_mm256_load_ps(a + 8), _mm256_load_ps(b + 8)));
}

static void mix_dots_avx2(float *out, const float *x, size_t n, float *const *sets, size_t n_sets)
{
    for (size_t k = 0; k < n_sets; k++) {
        const float *w = sets[k];
        __m256 lo = _mm256_setzero_ps(), hi = _mm256_setzero_ps();
        for (size_t i = 0; i < n; i += 16)
            mul_add(&lo, &hi, x + i, w + i);
        out[k] = sum_registers(lo, hi);
    }
}

static void mix_train_avx2(float *const *sets, size_t n_sets, const float *step, const float *x,
                           size_t n)
{
    for (size_t k = 0; k < n_sets; k++) {
        float *w = sets[k];
        __m256 s = _mm256_set1_ps(step[k]);
        for (size_t i = 0; i < n; i += 16) {
            __m256 lo = _mm256_mul_ps(_mm256_load_ps(x + i), s);
            __m256 hi = _mm256_mul_ps(_mm256_load_ps(x + i + 8), s);
            _mm256_store_ps(w + i, _mm256_add_ps(_mm256_load_ps(w + i), lo));
            _mm256_store_ps(w + i + 8, _mm256_add_ps(_mm256_load_ps(w + i + 8), hi));
        }
    }
}

static void squash_avx2(float *p, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 8)
        store(p + i, squash_of(load(x + i)));
}

static float mix_layer_avx2(float *dots, float *p, const float *x, size_t n, float *const *sets,
                            size_t n_sets, float bound, const float *final)
{
    size_t n_dots = (n_sets + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    mix_dots_avx2(dots, x, n, sets, n_sets);
    for (size_t k = 0; k < n_dots; k++)
        dots[k] = within(k < n_sets ? dots[k] : 0.0f, bound);
    squash_avx2(p, dots, n_dots);
    __m256 lo = _mm256_setzero_ps(), hi = _mm256_setzero_ps();
    for (size_t k = 0; k < n_dots; k += 16)
        mul_add(&lo, &hi, dots + k, final + k);
    return within(sum_registers(lo, hi), bound);
}

static float mix_sum_avx2(const float *x, size_t n, float *const *sets, size_t n_sets)
{
    __m256 lo = _mm256_setzero_ps(), hi = _mm256_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        __m256 w_lo = _mm256_setzero_ps(), w_hi = _mm256_setzero_ps();
        for (size_t k = 0; k < n_sets; k++) {
            w_lo = _mm256_add_ps(w_lo, _mm256_load_ps(sets[k] + i));
            w_hi = _mm256_add_ps(w_hi, _mm256_load_ps(sets[k] + i + 8));
        }
        lo = _mm256_add_ps(lo, _mm256_mul_ps(_mm256_load_ps(x + i), w_lo));
        hi = _mm256_add_ps(hi, _mm256_mul_ps(_mm256_load_ps(x + i + 8), w_hi));
    }
    return sum_registers(lo, hi);
}

#define ISA avx2
#include "kernels/adaptive_lanes.h"

void kernels_init_avx2(struct kernels *kernels)
{
    kernels->mix_dots = mix_dots_avx2;
    kernels->mix_layer = mix_layer_avx2;
    kernels->mix_sum = mix_sum_avx2;
    kernels->mix_train = mix_train_avx2;
    kernels->squash = squash_avx2;
    kernels->adaptive_learn = adaptive_learn_avx2;
}

#endif
