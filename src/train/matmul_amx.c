/* SPDX-License-Identifier: Apache-2.0
 *
 * The AMX bf16 product. Both operands are first packed into 1 KiB tiles:
 *
 *   A tile: 16 rows of 32 k        B tile: 16 k-pairs, each 16 columns x (k, k+1)
 *
 * Rows read along k give an A tile as they are and a B tile after a 16 x 16 transposition of 32-bit
 * words; rows read across k, interleaved in pairs, give a B tile as they are and an A tile after
 * that transposition. So two readers and one transposition serve all four orders.
 */
#include "train/matmul.h"

#if defined(__AMX_BF16__) && defined(__AVX512BF16__) && defined(__AVX512BW__)

#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);

#define TILE 512 /* bf16 elements */

bool matmul_amx_available(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    unsigned eax = 7, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    const unsigned need = (1u << 22) | (1u << 24);   /* amx-bf16, amx-tile */
    const unsigned need_b = (1u << 16) | (1u << 30); /* avx512f, avx512bw */
    if ((edx & need) != need || (ebx & need_b) != need_b)
        return false;
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

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
static void pack(const float *src, size_t ld, size_t n_lines, size_t k, bool along, bool transpose,
                 uint16_t *dst)
{
    const size_t k_tiles = (k + 31) / 32;
    if (along) {
        for (size_t line = 0; line < n_lines; line += 16)
            for (size_t t = 0; t < k_tiles; t++)
                pack_tile(src, ld, line, n_lines, t * 32, k, true, transpose,
                          dst + (line / 16 * k_tiles + t) * TILE);
    } else {
        for (size_t t = 0; t < k_tiles; t++)
            for (size_t line = 0; line < n_lines; line += 16)
                pack_tile(src, ld, line, n_lines, t * 32, k, false, transpose,
                          dst + (line / 16 * k_tiles + t) * TILE);
    }
}

static void configure_tiles(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t n_bytes[16];
        uint8_t n_rows[16];
    } config;
    memset(&config, 0, sizeof config);
    config.palette = 1;
    for (int i = 0; i < 8; i++) {
        config.n_bytes[i] = 64;
        config.n_rows[i] = 16;
    }
    _tile_loadconfig(&config);
}

/* 32 x 32 of C from two lines of A tiles and two of B tiles; c is 64-byte-row addressable in full.
 */
static inline void block_32x32(const uint16_t *a, const uint16_t *b, size_t k_tiles, bool add,
                               float *c, size_t ldc)
{
    const size_t stride = ldc * sizeof *c;
    const uint16_t *a1 = a + k_tiles * TILE, *b1 = b + k_tiles * TILE;
    if (add) {
        _tile_loadd(0, c, stride);
        _tile_loadd(1, c + 16, stride);
        _tile_loadd(2, c + 16 * ldc, stride);
        _tile_loadd(3, c + 16 * ldc + 16, stride);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (size_t t = 0; t < k_tiles * TILE; t += TILE) {
        _tile_loadd(4, a + t, 64);
        _tile_loadd(6, b + t, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b1 + t, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a1 + t, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, stride);
    _tile_stored(1, c + 16, stride);
    _tile_stored(2, c + 16 * ldc, stride);
    _tile_stored(3, c + 16 * ldc + 16, stride);
}

static void block_16x16(const uint16_t *a, const uint16_t *b, size_t k_tiles, float *c)
{
    _tile_zero(0);
    for (size_t t = 0; t < k_tiles * TILE; t += TILE) {
        _tile_loadd(4, a + t, 64);
        _tile_loadd(6, b + t, 64);
        _tile_dpbf16ps(0, 4, 6);
    }
    _tile_stored(0, c, 64);
}

/* Blocks at the edge go through a full tile of their own. */
static void block_edge(const uint16_t *a, const uint16_t *b, size_t k_tiles, size_t m, size_t n,
                       bool add, float *c, size_t ldc)
{
    float whole[256] __attribute__((aligned(64)));
    block_16x16(a, b, k_tiles, whole);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = whole[i * 16 + j] + (add ? c[i * ldc + j] : 0.0f);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* m x n of C from packed panels, k_tiles deep. Along the rows of C, which may be cold; B's panel
 * stays in the second-level cache. */
static void multiply_panels(const uint16_t *pack_a, const uint16_t *pack_b, size_t m, size_t n,
                            size_t k_tiles, bool add, float *c, size_t ldc)
{
    const size_t line = k_tiles * TILE;
    for (size_t i = 0; i < m; i += 32) {
        for (size_t j = 0; j < n; j += 32) {
            const uint16_t *a = pack_a + i / 16 * line, *b = pack_b + j / 16 * line;
            if (i + 32 <= m && j + 32 <= n) {
                block_32x32(a, b, k_tiles, add, c + i * ldc + j, ldc);
                continue;
            }
            for (size_t ii = i; ii < smaller(i + 32, m); ii += 16)
                for (size_t jj = j; jj < smaller(j + 32, n); jj += 16)
                    block_edge(pack_a + ii / 16 * line, pack_b + jj / 16 * line, k_tiles,
                               smaller(16, m - ii), smaller(16, n - jj), add, c + ii * ldc + jj,
                               ldc);
        }
    }
}

void matmul_amx(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                size_t ldc)
{
    configure_tiles();
    for (size_t j = 0; j < n; j += MATMUL_PANEL_N) {
        const size_t n_j = smaller(MATMUL_PANEL_N, n - j);
        for (size_t p = 0; p < k; p += MATMUL_PANEL_K) {
            const size_t n_p = smaller(MATMUL_PANEL_K, k - p);
            const float *from_b = trans_b ? b + j * ldb + p : b + p * ldb + j;
            pack(from_b, ldb, n_j, n_p, trans_b, trans_b, mm->pack_b);
            for (size_t i = 0; i < m; i += MATMUL_PANEL_M) {
                const size_t n_i = smaller(MATMUL_PANEL_M, m - i);
                const float *from_a = trans_a ? a + p * lda + i : a + i * lda + p;
                pack(from_a, lda, n_i, n_p, !trans_a, trans_a, mm->pack_a);
                multiply_panels(mm->pack_a, mm->pack_b, n_i, n_j, (n_p + 31) / 32, add || p > 0,
                                c + i * ldc + j, ldc);
            }
        }
    }
    _tile_release();
}

#else

bool matmul_amx_available(void)
{
    return false;
}

void matmul_amx(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                size_t ldc)
{
    (void)mm, (void)trans_a, (void)trans_b, (void)m, (void)n, (void)k, (void)a, (void)lda;
    (void)b, (void)ldb, (void)add, (void)c, (void)ldc;
}

#endif
