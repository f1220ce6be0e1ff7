/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen lanes in one register.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/avx512_lanes.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"

static __m512 mul_add(__m512 sum, const float *a, const float *b)
{
    return _mm512_add_ps(sum, _mm512_mul_ps(_mm512_load_ps(a), _mm512_load_ps(b)));
}

/* Four sets at a time: the additions of one sum depend on each other, those of four sums
 * overlap. */
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
        out[k] = sum_register(s0);
        out[k + 1] = sum_register(s1);
        out[k + 2] = sum_register(s2);
        out[k + 3] = sum_register(s3);
    }
    for (; k < n_sets; k++) {
        __m512 s = _mm512_setzero_ps();
        for (size_t i = 0; i < n; i += 16)
            s = mul_add(s, x + i, sets[k] + i);
        out[k] = sum_register(s);
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

/* sum_register of four sums at once, each by the same tree. */
static __m128 sum_four(__m512 s0, __m512 s1, __m512 s2, __m512 s3)
{
    __m512 s[4] = {s0, s1, s2, s3};
    __m128 r[4];
    for (int i = 0; i < 4; i++) {
        __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(s[i]), _mm512_extractf32x8_ps(s[i], 1));
        r[i] = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    }
    __m128 a = _mm_add_ps(_mm_unpacklo_ps(r[0], r[1]), _mm_unpackhi_ps(r[0], r[1]));
    __m128 b = _mm_add_ps(_mm_unpacklo_ps(r[2], r[3]), _mm_unpackhi_ps(r[2], r[3]));
    return _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
}

static __m128 four_dots(const float *x, size_t n, float *const *sets)
{
    __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n; i += 16) {
        __m512 v = _mm512_load_ps(x + i);
        s0 = _mm512_add_ps(s0, _mm512_mul_ps(v, _mm512_load_ps(sets[0] + i)));
        s1 = _mm512_add_ps(s1, _mm512_mul_ps(v, _mm512_load_ps(sets[1] + i)));
        s2 = _mm512_add_ps(s2, _mm512_mul_ps(v, _mm512_load_ps(sets[2] + i)));
        s3 = _mm512_add_ps(s3, _mm512_mul_ps(v, _mm512_load_ps(sets[3] + i)));
    }
    return sum_four(s0, s1, s2, s3);
}

static void squash_avx512(float *p, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        _mm512_store_ps(p + i, squash_of(_mm512_load_ps(x + i)));
}

/* The sums stay in registers until all sixteen are complete: a wide load after narrow stores would
 * wait. */
static float mix_layer_avx512(float *dots, float *p, const float *x, size_t n, float *const *sets,
                              size_t n_sets, float bound, const float *final)
{
    __m512 sum = _mm512_setzero_ps();
    for (size_t first = 0; first < n_sets; first += 16) {
        size_t n_here = n_sets - first < 16 ? n_sets - first : 16;
        float *here[16];
        for (size_t k = 0; k < 16; k++)
            here[k] = sets[first + (k < n_here ? k : 0)];
        __m128 quad[4] = {_mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps()};
        for (size_t k = 0; k < n_here; k += 4)
            quad[k / 4] = four_dots(x, n, here + k);
        __m512 all = _mm512_castps128_ps512(quad[0]);
        all = _mm512_insertf32x4(all, quad[1], 1);
        all = _mm512_insertf32x4(all, quad[2], 2);
        all = _mm512_insertf32x4(all, quad[3], 3);
        all = _mm512_maskz_mov_ps((__mmask16)((1u << n_here) - 1), all);
        __m512 high = _mm512_set1_ps(bound), low = _mm512_set1_ps(-bound);
        all = _mm512_mask_mov_ps(all, _mm512_cmp_ps_mask(all, high, _CMP_GT_OQ), high);
        all = _mm512_mask_mov_ps(all, _mm512_cmp_ps_mask(all, low, _CMP_LT_OQ), low);
        _mm512_store_ps(dots + first, all);
        _mm512_store_ps(p + first, squash_of(all));
        sum = _mm512_add_ps(sum, _mm512_mul_ps(all, _mm512_load_ps(final + first)));
    }
    float mixed = sum_register(sum);
    return mixed > bound ? bound : mixed < -bound ? -bound : mixed;
}

static float mix_sum_avx512(const float *x, size_t n, float *const *sets, size_t n_sets)
{
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        __m512 w = _mm512_setzero_ps();
        for (size_t k = 0; k < n_sets; k++)
            w = _mm512_add_ps(w, _mm512_load_ps(sets[k] + i));
        sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_load_ps(x + i), w));
    }
    return sum_register(sum);
}

#define ISA avx512
#include "kernels/adaptive_lanes.h"

void kernels_init_avx512(struct kernels *kernels)
{
    kernels->mix_dots = mix_dots_avx512;
    kernels->mix_layer = mix_layer_avx512;
    kernels->mix_sum = mix_sum_avx512;
    kernels->squash = squash_avx512;
    kernels->adaptive_learn = adaptive_learn_avx512;
    kernels->mix_train = mix_train_avx512;
}

#endif
