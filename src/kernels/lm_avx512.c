/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's element-wise kernels and reductions, sixteen lanes in one register.
 */
#if defined(__x86_64__)

#include "kernels/avx512_lanes.h"
#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"

#define ISA avx512
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
#include "kernels/lm_exponentials.h"

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
