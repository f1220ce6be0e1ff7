/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_int4 by VPMADDUBSW, which multiplies unsigned bytes, the weights of 0 .. 15, by signed
 * bytes, the activations. The pairs' sums of a group of 32 are added in 16 bits, where they fit
 * (lm_kernels.h), and widened once.
 *
 * Up to 4 rows are multiplied by a chunk of 8 blocks, which stays in the cache for the next 4 rows.
 */
#if defined(__x86_64__)

#include <string.h>

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_int4.h"
#include "kernels/lm_isa.h"

enum { ROWS_MAX = 4, CHUNK_BLOCKS = 8, VECTORS = LM_TILE_ROWS / LANES };

/* Rows of activations, and for each group of 32 the sum times the scale. */
struct panel {
    const int8_t *q;
    const float *scale;
    size_t n_groups; /* distance of rows */
    float sum[ROWS_MAX][2 * LM_INT4_GROUPS_MAX];
};

static void prepare(struct panel *panel, const struct lm_rows *x, size_t first_row, size_t n_rows,
                    size_t n_groups)
{
    panel->q = x->q + first_row * x->n_groups * LM_GROUP;
    panel->scale = x->scale + first_row * x->n_groups;
    panel->n_groups = x->n_groups;
    const ints ones = _mm256_set1_epi8(1);
    for (size_t m = 0; m < n_rows; m++)
        for (size_t h = 0; h < 2 * n_groups; h++) {
            const int8_t *q = panel->q + m * x->n_groups * LM_GROUP + h * LM_INT4_GROUP;
            ints pairs = _mm256_maddubs_epi16(ones, _mm256_load_si256((const ints *)q));
            ints s8 = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
            __m128i s4 = _mm_add_epi32(_mm256_castsi256_si128(s8), _mm256_extracti128_si256(s8, 1));
            __m128i s2 = _mm_add_epi32(s4, _mm_unpackhi_epi64(s4, s4));
            int32_t sum = _mm_cvtsi128_si32(s2) + _mm_extract_epi32(s2, 1);
            panel->sum[m][h] = (float)sum * panel->scale[m * x->n_groups + h / 2];
        }
}

/* Eight finite numbers of binary16. */
static inline floats load_halves(const uint16_t *p)
{
    ints halves = _mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)p));
    ints magnitude =
        _mm256_slli_epi32(_mm256_and_si256(halves, _mm256_set1_epi32(0x7fff)), LM_HALF_SHIFT);
    ints sign = _mm256_slli_epi32(_mm256_and_si256(halves, _mm256_set1_epi32(0x8000)), 16);
    floats value = mul(_mm256_castsi256_ps(magnitude), splat(LM_HALF_GAIN));
    return _mm256_or_ps(value, _mm256_castsi256_ps(sign));
}

static inline ints broadcast_four(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

/* The pairs' sums of half a tile. */
static inline __attribute__((always_inline)) void sum_half(ints (*sum)[VECTORS],
                                                           const struct lm_tile_int4 *tile,
                                                           size_t half, const int8_t *x,
                                                           size_t x_stride, const int n_rows)
{
    const ints low_bits = _mm256_set1_epi8(15);
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        for (int i = 0; i < VECTORS; i++)
            sum[m][i] = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (size_t j = 0; j < LM_INT4_GROUP / 8; j++)
#pragma GCC unroll 2
        for (int i = 0; i < VECTORS; i++) {
            ints both = _mm256_load_si256((const ints *)tile->q[4 * half + j] + i);
            ints low = _mm256_and_si256(both, low_bits);
            ints high = _mm256_and_si256(_mm256_srli_epi16(both, 4), low_bits);
#pragma GCC unroll 4
            for (int m = 0; m < n_rows; m++) {
                const int8_t *at = x + (size_t)m * x_stride + 4 * j;
                ints a = _mm256_maddubs_epi16(low, broadcast_four(at));
                ints b = _mm256_maddubs_epi16(high, broadcast_four(at + 16));
                sum[m][i] = _mm256_add_epi16(sum[m][i], _mm256_add_epi16(a, b));
            }
        }
}

static inline __attribute__((always_inline)) void product_block(floats (*total)[VECTORS],
                                                                const struct panel *panel,
                                                                const struct lm_tile_int4 *tiles,
                                                                size_t n_groups, const int n_rows)
{
    const ints ones = _mm256_set1_epi16(1);
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
        total[m][0] = total[m][1] = zero();
    for (size_t h = 0; h < 2 * n_groups; h++) {
        const struct lm_tile_int4 *tile = tiles + h / 2;
        ints sum[ROWS_MAX][VECTORS];
        sum_half(sum, tile, h % 2, panel->q + h * LM_INT4_GROUP, panel->n_groups * LM_GROUP,
                 n_rows);
#pragma GCC unroll 2
        for (int i = 0; i < VECTORS; i++) {
            floats scale = load_halves(tile->scale[h % 2] + i * LANES);
            floats minimum = load_halves(tile->minimum[h % 2] + i * LANES);
#pragma GCC unroll 4
            for (int m = 0; m < n_rows; m++) {
                floats dot = _mm256_cvtepi32_ps(_mm256_madd_epi16(sum[m][i], ones));
                floats scaled = mul(dot, splat(panel->scale[(size_t)m * panel->n_groups + h / 2]));
                total[m][i] = add(total[m][i], mul(scaled, scale));
                total[m][i] = add(total[m][i], mul(splat(panel->sum[m][h]), minimum));
            }
        }
    }
}

#define PRODUCT_BLOCK(N)                                                                           \
    static void product_##N(floats(*total)[VECTORS], const struct panel *panel,                    \
                            const struct lm_tile_int4 *tiles, size_t n_groups)                     \
    {                                                                                              \
        product_block(total, panel, tiles, n_groups, N);                                           \
    }
PRODUCT_BLOCK(1)
PRODUCT_BLOCK(2)
PRODUCT_BLOCK(3)
PRODUCT_BLOCK(4)

static void product_chunk(float *y, size_t y_stride, const struct lm_matrix_int4 *w, size_t first,
                          size_t n_blocks, const struct panel *panel, size_t n_rows, bool add_to)
{
    static void (*const products[ROWS_MAX])(floats(*)[VECTORS], const struct panel *,
                                            const struct lm_tile_int4 *,
                                            size_t) = {product_1, product_2, product_3, product_4};
    for (size_t b = first; b < first + n_blocks; b++) {
        floats total[ROWS_MAX][VECTORS];
        products[n_rows - 1](total, panel, w->tiles + b * w->stride, w->n_groups);
        for (size_t m = 0; m < n_rows; m++)
            for (size_t i = 0; i < VECTORS; i++) {
                float *at = y + m * y_stride + b * LM_TILE_ROWS + i * LANES;
                store(at, add_to ? add(load(at), total[m][i]) : total[m][i]);
            }
    }
}

void lm_product_int4_avx2(float *y, size_t y_stride, const struct lm_matrix_int4 *w,
                          const struct lm_rows *x, size_t n_rows, bool add_to)
{
    size_t chunk = n_rows <= ROWS_MAX ? w->n_blocks : CHUNK_BLOCKS;
    struct panel panel;
    for (size_t first = 0; first < w->n_blocks; first += chunk) {
        size_t n_blocks = w->n_blocks - first < chunk ? w->n_blocks - first : chunk;
        for (size_t m = 0; m < n_rows; m += ROWS_MAX) {
            size_t n = n_rows - m < ROWS_MAX ? n_rows - m : ROWS_MAX;
            prepare(&panel, x, m, n, w->n_groups);
            product_chunk(y + m * y_stride, y_stride, w, first, n_blocks, &panel, n, add_to);
        }
    }
}

#endif
