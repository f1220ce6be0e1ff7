/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen lanes in a register of AVX-512, under the names that avx2_lanes.h has too.
 */
#ifndef TACIT_KERNELS_AVX512_LANES_H
#define TACIT_KERNELS_AVX512_LANES_H

#if defined(__AVX512F__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 16
typedef __m512i ints;
typedef __m512 floats;

static inline floats zero(void)
{
    return _mm512_setzero_ps();
}

static inline floats splat(float x)
{
    return _mm512_set1_ps(x);
}

static inline floats load(const float *p)
{
    return _mm512_load_ps(p);
}

static inline void store(float *p, floats v)
{
    _mm512_store_ps(p, v);
}

static inline floats add(floats a, floats b)
{
    return _mm512_add_ps(a, b);
}

static inline floats sub(floats a, floats b)
{
    return _mm512_sub_ps(a, b);
}

static inline floats mul(floats a, floats b)
{
    return _mm512_mul_ps(a, b);
}

static inline floats negate(floats x)
{
    return _mm512_xor_ps(x, splat(-0.0f));
}

static inline floats divide(floats a, floats b)
{
    return _mm512_div_ps(a, b);
}

/* Of a NaN and a number, and of two zeros, the result is the second argument. */
static inline floats larger(floats a, floats b)
{
    return _mm512_max_ps(a, b);
}

static inline floats smaller(floats a, floats b)
{
    return _mm512_min_ps(a, b);
}

static inline ints splat_ints(int32_t x)
{
    return _mm512_set1_epi32(x);
}

static inline ints add_ints(ints a, ints b)
{
    return _mm512_add_epi32(a, b);
}

static inline ints sub_ints(ints a, ints b)
{
    return _mm512_sub_epi32(a, b);
}

static inline ints mul_ints(ints a, ints b)
{
    return _mm512_mullo_epi32(a, b);
}

static inline ints and_ints(ints a, ints b)
{
    return _mm512_and_si512(a, b);
}

static inline ints xor_ints(ints a, ints b)
{
    return _mm512_xor_si512(a, b);
}

/* n: a constant */
#define shift_right(x, n) _mm512_srli_epi32(x, n)
#define shift_left(x, n)  _mm512_slli_epi32(x, n)

static inline ints half_of(ints x)
{
    return _mm512_srli_epi32(x, 1);
}

/* x 2^23: from an exponent to its place in a float. */
static inline ints to_exponent(ints x)
{
    return _mm512_slli_epi32(x, 23);
}

static inline ints round_to_ints(floats x)
{
    return _mm512_cvtps_epi32(x);
}

/* Towards zero. */
static inline ints cut_to_ints(floats x)
{
    return _mm512_cvttps_epi32(x);
}

static inline ints load_ints(const uint32_t *p)
{
    return _mm512_load_si512(p);
}

/* To p, which needs no alignment. */
static inline void store_ints(uint32_t *p, ints v)
{
    _mm512_storeu_si512(p, v);
}

static inline floats to_floats(ints x)
{
    return _mm512_cvtepi32_ps(x);
}

static inline ints as_ints(floats x)
{
    return _mm512_castps_si512(x);
}

static inline floats as_floats(ints x)
{
    return _mm512_castsi512_ps(x);
}

/* All bits set in the lanes below n_valid, counted from i on; both are less than 2^31. */
static inline ints valid_lanes(size_t i, size_t n_valid)
{
    const ints places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ints lanes = add_ints(splat_ints((int32_t)i), places);
    return _mm512_movm_epi32(_mm512_cmpgt_epi32_mask(splat_ints((int32_t)n_valid), lanes));
}

static inline floats keep(ints valid, floats x)
{
    return as_floats(and_ints(valid, as_ints(x)));
}

static inline floats choose(ints valid, floats x, floats other)
{
    return _mm512_mask_mov_ps(other, _mm512_movepi32_mask(valid), x);
}

/* The first n_valid lanes. */
static inline void store_valid(uint32_t *p, ints v, size_t n_valid)
{
    _mm512_mask_storeu_epi32(p, _mm512_movepi32_mask(valid_lanes(0, n_valid)), v);
}

static inline float largest_lane(floats x)
{
    return _mm512_reduce_max_ps(x);
}

/* By the tree of lanes.h. */
static inline float sum_register(floats s)
{
    __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(s), _mm512_extractf32x8_ps(s, 1));
    __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_movehdup_ps(s2)));
}

static inline float sum_sixteen(const floats x[1])
{
    return sum_register(x[0]);
}

#endif

#endif
