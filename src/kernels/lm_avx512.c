/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's element-wise kernels and reductions, sixteen lanes in one register.
 */
#if defined(__x86_64__)

#include "kernels/avx512_lanes.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"

#define ISA avx512
static __m512 clamp(__m512 x)
{
    x = _mm512_max_ps(x, _mm512_set1_ps(-LM_SCORE_MAX)); /* of a NaN and a number: the second */
    return _mm512_min_ps(x, _mm512_set1_ps(LM_SCORE_MAX));
}

static inline __m512 exp_brief(__m512 x)
{
    x = _mm512_max_ps(x, _mm512_set1_ps(-STRICT_EXP_MAX));
    return exp_brief_in_range(_mm512_min_ps(x, _mm512_set1_ps(STRICT_EXP_MAX)));
}

static inline void quantize_group(int8_t *q, float *scale, int32_t *sum, const __m512 x[4])
{
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512i top = _mm512_and_si512(_mm512_castps_si512(x[0]), magnitude);
    for (int i = 1; i < 4; i++)
        top = _mm512_max_epi32(top, _mm512_and_si512(_mm512_castps_si512(x[i]), magnitude));
    uint32_t bits = (uint32_t)_mm512_reduce_max_epi32(top);
    if (bits < LM_TINY_BITS || bits >= LM_INFINITY_BITS) {
        _mm512_store_si512(q, _mm512_setzero_si512());
        *scale = 0.0f;
        *sum = 0;
        return;
    }
    float a = strict_from_bits(bits);
    __m512 inverse = _mm512_set1_ps(127.0f / a);
    __m512i total = _mm512_setzero_si512();
    for (int i = 0; i < 4; i++) {
        __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(x[i], inverse));
        _mm_store_si128((__m128i *)(q + 16 * i), _mm512_cvtepi32_epi8(rounded));
        total = _mm512_add_epi32(total, rounded);
    }
    *scale = a * (1.0f / 127.0f);
    *sum = _mm512_reduce_add_epi32(total);
}

static void lm_quantize_avx512(int8_t *q, float *scale, int32_t *sum, const float *x,
                               size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++, x += LM_GROUP) {
        __m512 group[4] = {_mm512_load_ps(x), _mm512_load_ps(x + 16), _mm512_load_ps(x + 32),
                           _mm512_load_ps(x + 48)};
        quantize_group(q + g * LM_GROUP, scale + g, sum + g, group);
    }
}

/* The halves of a register take the first number and the second of a pair. */
static inline __m512i halves_epi16(int first, int second)
{
    return _mm512_inserti64x4(_mm512_set1_epi16((short)first), _mm256_set1_epi16((short)second), 1);
}

/* Half a register holds a run of bytes; both halves take it, each with shifts of its own. */
static inline __attribute__((always_inline)) void unpack_tile(int8_t *q, const uint8_t *packed,
                                                              const int bits)
{
    const __m512i mask = _mm512_set1_epi8((char)((1 << bits) - 1));
    for (int run = 0; run < LM_GROUP * LM_TILE_ROWS * bits / 8; run += LM_PACKED_RUN) {
        __m512i bytes = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(packed + run)));
#pragma GCC unroll 2
        for (int shift = 0; shift < 8; shift += 2 * bits, q += 2 * LM_PACKED_RUN) {
            __m512i shifts = halves_epi16(shift, shift + bits);
            __m512i n = _mm512_and_si512(_mm512_srlv_epi16(bytes, shifts), mask);
            _mm512_store_si512(q, _mm512_sub_epi8(_mm512_add_epi8(n, n), mask));
        }
    }
}

static void unpack_three(int8_t *q, const uint8_t *packed)
{
    const __m512i three = _mm512_set1_epi8(3), seven = _mm512_set1_epi8(7);
    for (int unit = 0; unit < LM_GROUP * LM_TILE_ROWS; unit += LM_PACKED_UNIT_VALUES) {
        const __m256i *runs = (const __m256i *)packed;
        __m512i high = _mm512_broadcast_i64x4(_mm256_loadu_si256(runs + 2));
        packed += LM_PACKED_UNIT;
#pragma GCC unroll 4
        for (int s = 0; s < 8; s += 2, q += 2 * LM_PACKED_RUN) {
            __m512i low = _mm512_broadcast_i64x4(_mm256_loadu_si256(runs + s / 4));
            int shift = s % 4 * 2;
            low = _mm512_and_si512(_mm512_srlv_epi16(low, halves_epi16(shift, shift + 2)), three);
            low = _mm512_sub_epi8(_mm512_add_epi8(low, low), seven);
            __mmask64 set = _mm512_test_epi8_mask(high, halves_epi16(0x0101 << s, 0x0202 << s));
            _mm512_store_si512(q, _mm512_mask_add_epi8(low, set, low, _mm512_set1_epi8(8)));
        }
    }
}

#include "kernels/lm_elementwise.h"

/* Lanes below n_valid, counted from i on. */
static __mmask16 valid_lanes(size_t i, size_t n_valid)
{
    return i + 16 <= n_valid ? 0xffff : i >= n_valid ? 0 : (__mmask16)((1u << (n_valid - i)) - 1);
}

static float lm_attention_weights_avx512(int8_t *q, float *scale, int32_t *sum, const float *score,
                                         const float *value_scale, size_t n_valid, float sink)
{
    __m512 tops = _mm512_set1_ps(sink), total = _mm512_setzero_ps();
    for (size_t i = 0; i < n_valid; i += 16)
        tops = _mm512_mask_max_ps(tops, valid_lanes(i, n_valid), _mm512_load_ps(score + i), tops);
    __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(tops));
    top = _mm512_min_ps(top, _mm512_set1_ps(LM_SCORE_MAX));
    for (size_t i = 0; i < n_valid; i += LM_GROUP) {
        __m512 w[4];
        for (size_t j = 0; j < 4; j++) {
            size_t at = i + 16 * j;
            __mmask16 valid = valid_lanes(at, n_valid);
            __m512 e = exp_brief_below(_mm512_sub_ps(_mm512_load_ps(score + at), top));
            e = _mm512_maskz_mov_ps(valid, e);
            total = _mm512_add_ps(total, e);
            w[j] = _mm512_maskz_mul_ps(valid, e, _mm512_load_ps(value_scale + at));
        }
        quantize_group(q + i, scale + i / LM_GROUP, sum + i / LM_GROUP, w);
    }
    return sum_register(total) + strict_exp_brief(sink - _mm512_cvtss_f32(top));
}

static void lm_swiglu_avx512(float *y, const float *g, const float *u, size_t n)
{
    const __m512 one = _mm512_set1_ps(1.0f), sign = _mm512_set1_ps(-0.0f);
    for (size_t i = 0; i < n; i += 16) {
        __m512 x = _mm512_load_ps(g + i);
        __m512 e = exp_brief(_mm512_xor_ps(clamp(x), sign));
        __m512 silu = _mm512_div_ps(x, _mm512_add_ps(one, e));
        _mm512_store_ps(y + i, _mm512_mul_ps(silu, _mm512_load_ps(u + i)));
    }
}

static inline __m512 biased(const float *x, const float *bias, size_t i)
{
    __m512 l = _mm512_load_ps(x + i);
    return bias ? _mm512_add_ps(l, _mm512_load_ps(bias + i)) : l;
}

static void lm_token_masses_avx512(uint32_t *mass, const float *x, const float *bias, size_t n)
{
    __m512 tops = _mm512_set1_ps(bias ? x[0] + bias[0] : x[0]);
    for (size_t i = 0; i < n; i += 16)
        tops = _mm512_mask_max_ps(tops, valid_lanes(i, n), tops, biased(x, bias, i));
    const __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(tops));
    for (size_t i = 0; i < n; i += 16) {
        __m512 e = exp_brief_below(_mm512_sub_ps(biased(x, bias, i), top));
        __m512i m = _mm512_cvttps_epi32(_mm512_mul_ps(e, _mm512_set1_ps(LM_MASS_ONE)));
        m = _mm512_add_epi32(m, _mm512_set1_epi32(1));
        _mm512_mask_storeu_epi32(mass + i, valid_lanes(i, n), m);
    }
}

void lm_kernels_init_avx512(struct kernels *kernels)
{
    kernels->lm_quantize = lm_quantize_avx512;
    kernels->lm_unpack = lm_unpack_avx512;
    kernels->lm_rms_norm = lm_rms_norm_avx512;
    kernels->lm_attention_weights = lm_attention_weights_avx512;
    kernels->lm_swiglu = lm_swiglu_avx512;
    kernels->lm_relu2 = lm_relu2_avx512;
    kernels->lm_root_cap = lm_root_cap_avx512;
    kernels->lm_token_masses = lm_token_masses_avx512;
    kernels->lm_token_learn = lm_token_learn_avx512;
}

#endif
