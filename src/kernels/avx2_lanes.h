/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight lanes in a register of AVX2, under the names that exp_lanes.h, lm_elementwise.h,
 * lm_exponentials.h and lm_product_blocks.h use.
 * No operation here is fused: a fused operation rounds once where the definitions round twice.
 */
#ifndef TACIT_KERNELS_AVX2_LANES_H
#define TACIT_KERNELS_AVX2_LANES_H

#if defined(__AVX2__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 8
typedef __m256i ints;
typedef __m256 floats;

static inline floats zero(void)
{
    return _mm256_setzero_ps();
}

static inline floats splat(float x)
{
    return _mm256_set1_ps(x);
}

static inline floats load(const float *p)
{
    return _mm256_load_ps(p);
}

static inline void store(float *p, floats v)
{
    _mm256_store_ps(p, v);
}

static inline floats add(floats a, floats b)
{
    return _mm256_add_ps(a, b);
}

static inline floats sub(floats a, floats b)
{
    return _mm256_sub_ps(a, b);
}

static inline floats mul(floats a, floats b)
{
    return _mm256_mul_ps(a, b);
}

static inline floats negate(floats x)
{
    return _mm256_xor_ps(x, splat(-0.0f));
}

static inline floats divide(floats a, floats b)
{
    return _mm256_div_ps(a, b);
}

/* Of a NaN and a number, and of two zeros, the result is the second argument. */
static inline floats larger(floats a, floats b)
{
    return _mm256_max_ps(a, b);
}

static inline floats smaller(floats a, floats b)
{
    return _mm256_min_ps(a, b);
}

static inline ints splat_ints(int32_t x)
{
    return _mm256_set1_epi32(x);
}

static inline ints add_ints(ints a, ints b)
{
    return _mm256_add_epi32(a, b);
}

static inline ints sub_ints(ints a, ints b)
{
    return _mm256_sub_epi32(a, b);
}

static inline ints mul_ints(ints a, ints b)
{
    return _mm256_mullo_epi32(a, b);
}

static inline ints and_ints(ints a, ints b)
{
    return _mm256_and_si256(a, b);
}

static inline ints xor_ints(ints a, ints b)
{
    return _mm256_xor_si256(a, b);
}

/* n: a constant */
#define shift_right(x, n) _mm256_srli_epi32(x, n)
#define shift_left(x, n)  _mm256_slli_epi32(x, n)

static inline ints half_of(ints x)
{
    return _mm256_srli_epi32(x, 1);
}

/* x 2^23: from an exponent to its place in a float. */
static inline ints to_exponent(ints x)
{
    return _mm256_slli_epi32(x, 23);
}

static inline ints round_to_ints(floats x)
{
    return _mm256_cvtps_epi32(x);
}

/* Towards zero. */
static inline ints cut_to_ints(floats x)
{
    return _mm256_cvttps_epi32(x);
}

static inline ints load_ints(const uint32_t *p)
{
    return _mm256_load_si256((const ints *)p);
}

static inline floats to_floats(ints x)
{
    return _mm256_cvtepi32_ps(x);
}

static inline ints as_ints(floats x)
{
    return _mm256_castps_si256(x);
}

static inline floats as_floats(ints x)
{
    return _mm256_castsi256_ps(x);
}

/* All bits set in the lanes below n_valid, counted from i on; both are less than 2^31. */
static inline ints valid_lanes(size_t i, size_t n_valid)
{
    ints lanes = add_ints(splat_ints((int32_t)i), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_cmpgt_epi32(splat_ints((int32_t)n_valid), lanes);
}

static inline floats keep(ints valid, floats x)
{
    return _mm256_and_ps(as_floats(valid), x);
}

static inline floats choose(ints valid, floats x, floats other)
{
    return _mm256_blendv_ps(other, x, as_floats(valid));
}

/* To p, which needs no alignment. */
static inline void store_ints(uint32_t *p, ints v)
{
    _mm256_storeu_si256((ints *)p, v);
}

/* The first n_valid lanes. */
static inline void store_valid(uint32_t *p, ints v, size_t n_valid)
{
    _mm256_maskstore_epi32((int *)p, valid_lanes(0, n_valid), v);
}

static inline float largest_lane(floats x)
{
    __m128 m4 = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 m2 = _mm_max_ps(m4, _mm_movehl_ps(m4, m4));
    return _mm_cvtss_f32(_mm_max_ss(m2, _mm_movehdup_ps(m2)));
}

/* Sixteen lanes, lo the first eight, by the tree of lanes.h. */
static inline float sum_registers(floats lo, floats hi)
{
    __m256 s8 = _mm256_add_ps(lo, hi);
    __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
}

static inline float sum_sixteen(const floats x[2])
{
    return sum_registers(x[0], x[1]);
}

static inline int32_t sum_ints(ints x)
{
    __m128i s4 = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i s2 = _mm_add_epi32(s4, _mm_unpackhi_epi64(s4, s4));
    return _mm_cvtsi128_si32(s2) + _mm_extract_epi32(s2, 1);
}

#endif

#endif
