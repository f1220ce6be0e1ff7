/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's element-wise kernels and reductions, eight lanes in a register;
 * lm_avx2_product.c has the products.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels/avx2_lanes.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_isa.h"

#define ISA avx2
#include "kernels/lm_elementwise.h"

/* All bits set in the lanes below n_valid, counted from i on; both are less than 2^31. */
static inline __m256i valid_lanes(size_t i, size_t n_valid)
{
    __m256i lanes =
        _mm256_add_epi32(_mm256_set1_epi32((int)i), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n_valid), lanes);
}

static inline float max_lane(__m256 x)
{
    __m128 m4 = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 m2 = _mm_max_ps(m4, _mm_movehl_ps(m4, m4));
    return _mm_cvtss_f32(_mm_max_ss(m2, _mm_movehdup_ps(m2)));
}

/* The largest of start and x[0 .. n), which reaches to the next multiple of 8. */
static inline float largest(float start, const float *x, size_t n)
{
    __m256 tops = _mm256_set1_ps(start);
    for (size_t i = 0; i < n; i += 8) {
        __m256 higher = _mm256_max_ps(_mm256_load_ps(x + i), tops);
        tops = _mm256_blendv_ps(tops, higher, _mm256_castsi256_ps(valid_lanes(i, n)));
    }
    return max_lane(tops);
}

/* Sixteen floats of a group, times inverse, as bytes; sum: of what they round to. */
static inline __m128i round_sixteen(const float *x, floats inverse, ints *sum)
{
    ints a = round_to_ints(mul(load(x), inverse)), b = round_to_ints(mul(load(x + 8), inverse));
    *sum = add_ints(*sum, add_ints(a, b));
    ints shorts = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    return _mm_packs_epi16(_mm256_castsi256_si128(shorts), _mm256_extracti128_si256(shorts, 1));
}

static inline int32_t sum_ints(ints x)
{
    __m128i s4 = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i s2 = _mm_add_epi32(s4, _mm_unpackhi_epi64(s4, s4));
    return _mm_cvtsi128_si32(s2) + _mm_extract_epi32(s2, 1);
}

/* The largest magnitude of a group as bits, as lm_max_magnitude_bits. */
static inline uint32_t largest_magnitude(const float *x)
{
    const ints magnitude = splat_ints(0x7fffffff);
    ints top = _mm256_and_si256(as_ints(load(x)), magnitude);
    for (int i = LANES; i < LM_GROUP; i += LANES)
        top = _mm256_max_epi32(top, _mm256_and_si256(as_ints(load(x + i)), magnitude));
    __m128i m4 = _mm_max_epi32(_mm256_castsi256_si128(top), _mm256_extracti128_si256(top, 1));
    __m128i m2 = _mm_max_epi32(m4, _mm_unpackhi_epi64(m4, m4));
    __m128i m1 = _mm_max_epi32(m2, _mm_shuffle_epi32(m2, 1));
    return (uint32_t)_mm_cvtsi128_si32(m1);
}

static void lm_quantize_avx2(int8_t *q, float *scale, int32_t *sum, const float *x, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, x += LM_GROUP, q += LM_GROUP) {
        uint32_t bits = largest_magnitude(x);
        bool usable = bits >= LM_TINY_BITS && bits < LM_INFINITY_BITS;
        float a = strict_from_bits(bits);
        ints total = splat_ints(0);
        if (usable) {
            floats inverse = splat(127.0f / a);
            for (int i = 0; i < LM_GROUP; i += 16)
                _mm_store_si128((__m128i *)(q + i), round_sixteen(x + i, inverse, &total));
        } else
            memset(q, 0, LM_GROUP);
        scale[g] = usable ? a * (1.0f / 127.0f) : 0.0f;
        sum[g] = sum_ints(total);
    }
}

static float lm_attention_weights_avx2(int8_t *q, float *scale, int32_t *sum, const float *score,
                                       const float *value_scale, size_t n_valid, float sink)
{
    float top = largest(sink, score, n_valid);
    top = top < LM_SCORE_MAX ? top : LM_SCORE_MAX;
    __m256 total[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t i = 0; i < n_valid; i += LM_GROUP) {
        _Alignas(32) float weight[LM_GROUP];
        for (size_t j = 0; j < LM_GROUP; j += 8) {
            __m256 valid = _mm256_castsi256_ps(valid_lanes(i + j, n_valid));
            __m256 x = _mm256_sub_ps(_mm256_load_ps(score + i + j), _mm256_set1_ps(top));
            __m256 e = _mm256_and_ps(valid, exp_brief_below(x));
            __m256 w = _mm256_mul_ps(e, _mm256_load_ps(value_scale + i + j));
            total[j / 8 % 2] = _mm256_add_ps(total[j / 8 % 2], e);
            _mm256_store_ps(weight + j, _mm256_and_ps(valid, w));
        }
        lm_quantize_avx2(q + i, scale + i / LM_GROUP, sum + i / LM_GROUP, weight, 1);
    }
    return sum_registers(total[0], total[1]) + strict_exp_brief(sink - top);
}

static void lm_swiglu_avx2(float *y, const float *g, const float *u, size_t n)
{
    const __m256 one = _mm256_set1_ps(1.0f), sign = _mm256_set1_ps(-0.0f);
    const __m256 limit = _mm256_set1_ps(STRICT_EXP_MAX);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_load_ps(g + i);
        __m256 bound = _mm256_max_ps(x, _mm256_xor_ps(limit, sign)); /* a NaN: the limit */
        bound = _mm256_min_ps(bound, limit);
        __m256 e = exp_brief_in_range(_mm256_xor_ps(bound, sign));
        __m256 silu = _mm256_div_ps(x, _mm256_add_ps(one, e));
        _mm256_store_ps(y + i, _mm256_mul_ps(silu, _mm256_load_ps(u + i)));
    }
}

static void lm_token_masses_avx2(uint32_t *mass, const float *x, size_t n)
{
    const __m256 top = _mm256_set1_ps(largest(x[0], x, n));
    for (size_t i = 0; i < n; i += 8) {
        __m256 e = exp_brief_below(_mm256_sub_ps(_mm256_load_ps(x + i), top));
        __m256i m = _mm256_cvttps_epi32(_mm256_mul_ps(e, _mm256_set1_ps(LM_MASS_ONE)));
        m = _mm256_add_epi32(m, _mm256_set1_epi32(1));
        _mm256_maskstore_epi32((int *)mass + i, valid_lanes(i, n), m);
    }
}

void lm_kernels_init_avx2(struct kernels *kernels)
{
    kernels->lm_quantize = lm_quantize_avx2;
    kernels->lm_product = lm_product_avx2;
    kernels->lm_rms_norm = lm_rms_norm_avx2;
    kernels->lm_attention_weights = lm_attention_weights_avx2;
    kernels->lm_swiglu = lm_swiglu_avx2;
    kernels->lm_relu2 = lm_relu2_avx2;
    kernels->lm_root_cap = lm_root_cap_avx2;
    kernels->lm_token_masses = lm_token_masses_avx2;
}

#endif
