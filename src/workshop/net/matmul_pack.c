/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing for the bf16 product: float matrices into the 1 KiB tiles that matmul_bf16.h describes.
 *
 * Rows read along k give an A tile as they are and a B tile after a 16 x 16 transposition of 32-bit
 * words; rows read across k, interleaved in pairs, give a B tile as they are and an A tile after
 * that transposition. So two readers and one transposition serve all four orders.
 */
#include "workshop/net/matmul_bf16.h"

#ifdef TACIT_HAVE_BF16

#include <immintrin.h>

static inline __mmask16 first(size_t n)
{
    return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

/* 32 bf16 from row r: k0 .. k0 + 31, zeros from k on. */
static inline __m512i read_along(const float *row, size_t k0, size_t k)
{
    const size_t left = k - k0;
    const __m512 lo = _mm512_maskz_loadu_ps(first(left), row + k0);
    const __m512 hi = _mm512_maskz_loadu_ps(left > 16 ? first(left - 16) : 0, row + k0 + 16);
    return (__m512i)_mm512_cvtne2ps_pbh(hi, lo);
}

/* 16 words, each the pair (p[0][c], p[1][c]) of two rows across k. */
static inline __m512i read_across(const float *p0, const float *p1, __mmask16 mask)
{
    const __m512 lo = p0 ? _mm512_maskz_loadu_ps(mask, p0) : _mm512_setzero_ps();
    const __m512 hi = p1 ? _mm512_maskz_loadu_ps(mask, p1) : _mm512_setzero_ps();
    const __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(lo));
    const __m512i h = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(hi));
    return _mm512_or_si512(l, _mm512_slli_epi32(h, 16));
}

static void transpose_16x16(__m512i v[16])
{
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        v[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        v[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        v[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        v[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        v[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        v[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

/* read_along and read_across where nothing is missing: most tiles are whole. */
static inline __m512i read_along_whole(const float *p)
{
    return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(p + 16), _mm512_loadu_ps(p));
}

static inline __m512i read_across_whole(const float *p0, const float *p1, __m512i interleave)
{
    const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(p1), _mm512_loadu_ps(p0));
    return _mm512_permutexvar_epi16(interleave, (__m512i)both);
}

/* 0, 16, 1, 17, ... : element i of the first row, element i of the second. */
static inline __m512i interleave_order(void)
{
    const __m512i words = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_add_epi32(_mm512_or_si512(words, _mm512_slli_epi32(words, 16)),
                            _mm512_set1_epi32(16 << 16));
}

/* One tile: 16 lines (rows of A, columns of B) from line0, 32 k from k0. `along`: a line is
 * contiguous. */
static inline __attribute__((always_inline)) void pack_tile(const float *src, size_t ld,
                                                            size_t line0, size_t n_lines, size_t k0,
                                                            size_t k, bool along, bool transpose,
                                                            uint16_t *dst)
{
    const size_t n = n_lines - line0 < 16 ? n_lines - line0 : 16;
    const bool whole = n == 16 && k - k0 >= 32;
    const __m512i order = interleave_order();
    const float *corner = along ? src + line0 * ld + k0 : src + k0 * ld + line0;
    __m512i v[16];
    for (size_t i = 0; i < 16; i++) {
        if (whole) {
            v[i] = along ? read_along_whole(corner + i * ld)
                         : read_across_whole(corner + 2 * i * ld, corner + (2 * i + 1) * ld, order);
        } else if (along) {
            v[i] = i < n ? read_along(src + (line0 + i) * ld, k0, k) : _mm512_setzero_si512();
        } else {
            const size_t p = k0 + 2 * i;
            v[i] = read_across(p < k ? src + p * ld + line0 : NULL,
                               p + 1 < k ? src + (p + 1) * ld + line0 : NULL, first(n));
        }
    }
    if (transpose)
        transpose_16x16(v);
    for (size_t i = 0; i < 16; i++)
        _mm512_store_si512(dst + i * 32, v[i]);
}

/* All tiles, in the order in which the rows of src lie in memory. */
void bf16_pack(const float *src, size_t ld, size_t n_lines, size_t k, bool along, bool transpose,
               uint16_t *dst)
{
    const size_t k_tiles = (k + 31) / 32;
    if (along) {
        for (size_t line = 0; line < n_lines; line += 16)
            for (size_t t = 0; t < k_tiles; t++)
                pack_tile(src, ld, line, n_lines, t * 32, k, true, transpose,
                          dst + (line / 16 * k_tiles + t) * BF16_TILE);
    } else {
        for (size_t t = 0; t < k_tiles; t++)
            for (size_t line = 0; line < n_lines; line += 16)
                pack_tile(src, ld, line, n_lines, t * 32, k, false, transpose,
                          dst + (line / 16 * k_tiles + t) * BF16_TILE);
    }
}

#endif
