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
/* Sixteen floats of a group, times inverse, as bytes; sum: of what they round to. */
static inline __m128i round_sixteen(const float *x, floats inverse, ints *sum)
{
    ints a = round_to_ints(mul(load(x), inverse)), b = round_to_ints(mul(load(x + 8), inverse));
    *sum = add_ints(*sum, add_ints(a, b));
    ints shorts = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    return _mm_packs_epi16(_mm256_castsi256_si128(shorts), _mm256_extracti128_si256(shorts, 1));
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

static inline __attribute__((always_inline)) void unpack_tile(int8_t *q, const uint8_t *packed,
                                                              const int bits)
{
    const ints mask = _mm256_set1_epi8((char)((1 << bits) - 1));
    for (int run = 0; run < LM_GROUP * LM_TILE_ROWS * bits / 8; run += LM_PACKED_RUN) {
        ints bytes = _mm256_loadu_si256((const ints *)(packed + run));
#pragma GCC unroll 4
        for (int shift = 0; shift < 8; shift += bits, q += LM_PACKED_RUN) {
            ints n = _mm256_and_si256(_mm256_srli_epi16(bytes, shift), mask);
            _mm256_store_si256((ints *)q, _mm256_sub_epi8(_mm256_add_epi8(n, n), mask));
        }
    }
}

/* Moves bit k of each byte to bit 2. */
static inline __attribute__((always_inline)) ints bit_to_two(ints bytes, const int k)
{
    return k < 2 ? _mm256_slli_epi16(bytes, 2 - k) : _mm256_srli_epi16(bytes, k - 2);
}

static void unpack_three(int8_t *q, const uint8_t *packed)
{
    const ints two = _mm256_set1_epi8(3), four = _mm256_set1_epi8(4), seven = _mm256_set1_epi8(7);
    for (int unit = 0; unit < LM_GROUP * LM_TILE_ROWS / LM_PACKED_UNIT_VALUES; unit++) {
        const ints *runs = (const ints *)(packed + unit * LM_PACKED_UNIT);
        ints low[2] = {_mm256_loadu_si256(runs), _mm256_loadu_si256(runs + 1)};
        ints high = _mm256_loadu_si256(runs + 2);
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++, q += LM_PACKED_RUN) {
            ints n = _mm256_and_si256(_mm256_srli_epi16(low[s / 4], s % 4 * 2), two);
            n = _mm256_or_si256(n, _mm256_and_si256(bit_to_two(high, s), four));
            _mm256_store_si256((ints *)q, _mm256_sub_epi8(_mm256_add_epi8(n, n), seven));
        }
    }
}

#include "kernels/lm_elementwise.h"

/* A stage within a register: swapped has each pair's other number; negative, the sign bits of the second ones. a - b is
 * -b + a. */
static inline floats rotate_within(floats x, floats swapped, floats negative)
{
    return add(swapped, _mm256_xor_ps(x, negative));
}

static inline void rotate_group(float *y, const float *x)
{
    enum { N = LM_GROUP / LANES };
    const floats minus4 = _mm256_set_ps(-0.0f, -0.0f, -0.0f, -0.0f, 0.0f, 0.0f, 0.0f, 0.0f);
    const floats minus2 = _mm256_set_ps(-0.0f, -0.0f, 0.0f, 0.0f, -0.0f, -0.0f, 0.0f, 0.0f);
    const floats minus1 = _mm256_set_ps(-0.0f, 0.0f, -0.0f, 0.0f, -0.0f, 0.0f, -0.0f, 0.0f);
    floats v[N];
    for (int i = 0; i < N; i++)
        v[i] = load(x + i * LANES);
#pragma GCC unroll 3
    for (int h = N / 2; h > 0; h /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < N; i++)
            if (!(i & h)) {
                floats a = v[i], b = v[i + h];
                v[i] = add(a, b);
                v[i + h] = sub(a, b);
            }
    for (int i = 0; i < N; i++) {
        floats a = rotate_within(v[i], _mm256_permute2f128_ps(v[i], v[i], 1), minus4);
        a = rotate_within(a, _mm256_permute_ps(a, 0x4e), minus2);
        a = rotate_within(a, _mm256_permute_ps(a, 0xb1), minus1);
        store(y + i * LANES, mul(a, splat(0.125f)));
    }
}

static void lm_rotate_avx2(float *y, const float *x, size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++)
        rotate_group(y + g * LM_GROUP, x + g * LM_GROUP);
}

#include "kernels/lm_exponentials.h"

void lm_kernels_init_avx2(struct kernels *kernels)
{
    kernels->lm_quantize = lm_quantize_avx2;
    kernels->lm_product = lm_product_avx2;
    kernels->lm_product_int4 = lm_product_int4_avx2;
    kernels->lm_product_narrow = lm_product_narrow_avx2;
    kernels->lm_unpack = lm_unpack_avx2;
    kernels->lm_rotate = lm_rotate_avx2;
    kernels->lm_rms_norm = lm_rms_norm_avx2;
    kernels->lm_attention_weights = lm_attention_weights_avx2;
    kernels->lm_swiglu = lm_swiglu_avx2;
    kernels->lm_relu2 = lm_relu2_avx2;
    kernels->lm_root_cap = lm_root_cap_avx2;
    kernels->lm_token_masses = lm_token_masses_avx2;
    kernels->lm_token_learn = lm_token_learn_avx2;
}

#endif
