/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by VPMADDUBSW, which multiplies unsigned by signed bytes and adds pairs in 16 bits.
 *
 * With m the sign of x, all bits or none, x w = |x| (w ^ m) + (m ? |x| : 0), for -w is ~w + 1. So
 * a group's sum starts from the magnitudes of its negative activations, and a step is one exclusive
 * or, the product, the sum of pairs and an addition. Nothing saturates: |x| is at most 127 and w ^ m
 * at least -128, so a pair is at least -2 * 127 * 128.
 *
 * |x| and m are made beforehand for a panel of up to 4 rows by 16 groups, which is then multiplied
 * by a chunk of 32 blocks of weights; the totals of these blocks lie in memory between panels.
 */
#if defined(__x86_64__)

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_isa.h"

enum {
    ROWS_MAX = 4,
    PANEL_GROUPS = 16,
    CHUNK_BLOCKS = 32,
    CORNER_ROWS = 2,
    CORNER_BLOCKS = 3,
    VECTORS = LM_TILE_ROWS / LANES,
};

/* Activations of ROWS_MAX rows by up to PANEL_GROUPS groups. */
struct panel {
    struct {
        _Alignas(64) int32_t x[LM_GROUP / 4][ROWS_MAX][2]; /* of four bytes: magnitudes, signs */
        int32_t start[ROWS_MAX];
        float scale[ROWS_MAX];
    } group[PANEL_GROUPS];
    size_t first_row, n_rows, first_group, n_groups; /* the rows and groups that the panel holds; no
                                                        rows at first */
};

/* Up to CORNER_BLOCKS blocks of weights by up to CORNER_ROWS rows of a panel. */
struct corner {
    const struct panel *panel;
    size_t first_row;
    const struct lm_tile *w; /* the panel's first group of the first block */
    size_t w_stride;
    floats (*total)[ROWS_MAX][VECTORS]; /* [blocks] */
};

/* The sum of 32 bytes' magnitudes. */
static inline int32_t sum_bytes(ints x)
{
    ints s4 = _mm256_sad_epu8(x, _mm256_setzero_si256());
    __m128i s2 = _mm_add_epi64(_mm256_castsi256_si128(s4), _mm256_extracti128_si256(s4, 1));
    return _mm_cvtsi128_si32(s2) + _mm_extract_epi32(s2, 2);
}

/* Four pairs of magnitudes and signs of row m. */
static inline void put_pairs(int32_t (*to)[ROWS_MAX][2], size_t m, __m128i first, __m128i second)
{
    _mm_storel_epi64((__m128i *)to[0][m], first);
    _mm_storel_epi64((__m128i *)to[1][m], _mm_unpackhi_epi64(first, first));
    _mm_storel_epi64((__m128i *)to[2][m], second);
    _mm_storel_epi64((__m128i *)to[3][m], _mm_unpackhi_epi64(second, second));
}

static void prepare_row(struct panel *panel, size_t m, const struct lm_rows *x, size_t row,
                        size_t first_group)
{
    for (size_t g = 0; g < panel->n_groups; g++) {
        size_t at = row * x->n_groups + first_group + g;
        int32_t sum = 0;
        for (size_t k = 0; k < LM_GROUP / 4; k += 8) {
            ints q = _mm256_load_si256((const ints *)(x->q + at * LM_GROUP + 4 * k));
            ints magnitude = _mm256_abs_epi8(q);
            ints sign = _mm256_cmpgt_epi8(_mm256_setzero_si256(), q);
            ints low = _mm256_unpacklo_epi32(magnitude, sign);
            ints high = _mm256_unpackhi_epi32(magnitude, sign);
            put_pairs(panel->group[g].x + k, m, _mm256_castsi256_si128(low),
                      _mm256_castsi256_si128(high));
            put_pairs(panel->group[g].x + k + 4, m, _mm256_extracti128_si256(low, 1),
                      _mm256_extracti128_si256(high, 1));
            sum += sum_bytes(magnitude);
        }
        panel->group[g].start[m] = (sum - x->sum[at]) / 2;
        panel->group[g].scale[m] = x->scale[at];
    }
}

/* Few rows of few groups stay in the panel for all chunks. */
static void prepare(struct panel *panel, const struct lm_rows *x, size_t first_row, size_t n_rows,
                    size_t first_group, size_t n_groups)
{
    if (panel->n_rows == n_rows && panel->first_row == first_row &&
        panel->first_group == first_group)
        return;
    panel->first_row = first_row;
    panel->n_rows = n_rows;
    panel->first_group = first_group;
    panel->n_groups = n_groups;
    for (size_t m = 0; m < n_rows; m++)
        prepare_row(panel, m, x, first_row + m, first_group);
}

/* The sums of 8 rows of weights with four more activations. In assembly, so that twelve sums stay
 * in registers beside the four registers that the steps need: around intrinsics, gcc 12 copies
 * sums. */
static inline ints add_dots(ints sum, ints magnitude, ints sign, const ints *w, ints ones)
{
    ints turned;
    __asm__("vpxor %[w], %[sign], %[turned]\n\t"
            "vpmaddubsw %[turned], %[magnitude], %[turned]\n\t"
            "vpmaddwd %[ones], %[turned], %[turned]\n\t"
            "vpaddd %[turned], %[sum], %[sum]"
            : [sum] "+x"(sum), [turned] "=&x"(turned)
            : [w] "m"(*w), [sign] "x"(sign), [magnitude] "x"(magnitude), [ones] "x"(ones));
    return sum;
}

/* The dots of the k-th four activations of group g. With two rows, the weights of the next blocks,
 * which may lie behind the matrix, are prefetched meanwhile: a pass reads each weight once, so that
 * weights come from the third-level cache or from memory. With one row the prefetch would not
 * help. */
static inline __attribute__((always_inline)) void add_four(const struct corner *c, size_t g, int k,
                                                           ints (*sum)[CORNER_ROWS][VECTORS],
                                                           const int n_rows, const int n_blocks)
{
    const ints ones = _mm256_set1_epi16(1);
    const int32_t(*x)[2] = c->panel->group[g].x[k] + c->first_row;
    const int n_ahead = n_rows > 1 ? n_blocks : 0;
#pragma GCC unroll 3
    for (int b = 0; b < n_ahead; b++)
        __builtin_prefetch(c->w[(size_t)(b + n_blocks) * c->w_stride + g].q[k]);
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++) {
        ints magnitude = splat_ints(x[m][0]), sign = splat_ints(x[m][1]);
#pragma GCC unroll 3
        for (int b = 0; b < n_blocks; b++)
#pragma GCC unroll 2
            for (int i = 0; i < VECTORS; i++) {
                const ints *w = (const ints *)c->w[(size_t)b * c->w_stride + g].q[k] + i;
                sum[b][m][i] = add_dots(sum[b][m][i], magnitude, sign, w, ones);
            }
    }
}

static inline __attribute__((always_inline)) void sum_group(const struct corner *c, size_t g,
                                                            ints (*sum)[CORNER_ROWS][VECTORS],
                                                            const int n_rows, const int n_blocks)
{
    const int32_t *start = c->panel->group[g].start + c->first_row;
#pragma GCC unroll 2
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 3
        for (int b = 0; b < n_blocks; b++)
            sum[b][m][0] = sum[b][m][1] = splat_ints(start[m]);
    for (int k = 0; k < LM_GROUP / 4; k += 2) {
        add_four(c, g, k, sum, n_rows, n_blocks);
        add_four(c, g, k + 1, sum, n_rows, n_blocks);
    }
}

static inline __attribute__((always_inline)) void
product_corner(const struct corner *c, const int n_rows, const int n_blocks)
{
    const struct corner here = *c;
    for (size_t g = 0; g < here.panel->n_groups; g++) {
        ints sum[CORNER_BLOCKS][CORNER_ROWS][VECTORS];
        sum_group(&here, g, sum, n_rows, n_blocks);
#pragma GCC unroll 2
        for (int m = 0; m < n_rows; m++) {
            floats x_scale = splat(here.panel->group[g].scale[here.first_row + m]);
#pragma GCC unroll 3
            for (int b = 0; b < n_blocks; b++)
#pragma GCC unroll 2
                for (int i = 0; i < VECTORS; i++) {
                    const float *w_scale = here.w[(size_t)b * here.w_stride + g].scale + i * LANES;
                    floats *total = &here.total[b][here.first_row + m][i];
                    floats scaled = mul(_mm256_cvtepi32_ps(sum[b][m][i]), x_scale);
                    *total = add(*total, mul(scaled, load(w_scale)));
                }
        }
    }
}

#define PRODUCT_CORNER(R, B)                                                                       \
    static void product_##R##x##B(const struct corner *c)                                          \
    {                                                                                              \
        product_corner(c, R, B);                                                                   \
    }
PRODUCT_CORNER(1, 1)
PRODUCT_CORNER(1, 2)
PRODUCT_CORNER(1, 3)
PRODUCT_CORNER(2, 1)
PRODUCT_CORNER(2, 2)
PRODUCT_CORNER(2, 3)

/* Two rows by three blocks where there are so many: each load of activations then serves six sums.
 * Four blocks are taken as two and two. */
static void product_panel(const struct panel *panel, const struct lm_matrix *w, size_t first_block,
                          size_t n_blocks, floats (*total)[ROWS_MAX][VECTORS])
{
    static void (*const products[CORNER_ROWS][CORNER_BLOCKS])(const struct corner *) = {
        {product_1x1, product_1x2, product_1x3}, {product_2x1, product_2x2, product_2x3}};
    for (size_t b = 0, width; b < n_blocks; b += width) {
        size_t n_left = n_blocks - b;
        width = n_left >= 5 || n_left == 3 ? 3 : n_left >= 2 ? 2 : 1;
        const struct lm_tile *tiles = w->tiles + (first_block + b) * w->stride;
        struct corner c = {panel, 0, tiles + panel->first_group, w->stride, total + b};
        for (; c.first_row < panel->n_rows; c.first_row += CORNER_ROWS) {
            size_t height = panel->n_rows - c.first_row >= CORNER_ROWS ? CORNER_ROWS : 1;
            products[height - 1][width - 1](&c);
        }
    }
}

/* A chunk of blocks by n_rows rows, panel after panel of groups. */
static void product_chunk(floats (*total)[ROWS_MAX][VECTORS], const struct lm_matrix *w,
                          size_t first_block, size_t n_blocks, struct panel *panel,
                          const struct lm_rows *x, size_t first_row, size_t n_rows)
{
    for (size_t b = 0; b < n_blocks; b++)
        for (size_t m = 0; m < n_rows; m++)
            total[b][m][0] = total[b][m][1] = zero();
    for (size_t g = 0; g < w->n_groups; g += PANEL_GROUPS) {
        size_t n = w->n_groups - g < PANEL_GROUPS ? w->n_groups - g : PANEL_GROUPS;
        prepare(panel, x, first_row, n_rows, g, n);
        product_panel(panel, w, first_block, n_blocks, total);
    }
}

/* The totals of a row to y. */
static void put_row(float *y, floats (*total)[ROWS_MAX][VECTORS], size_t row, size_t n_blocks,
                    bool add_to)
{
    for (size_t b = 0; b < n_blocks; b++)
        for (size_t i = 0; i < VECTORS; i++) {
            float *at = y + b * LM_TILE_ROWS + i * LANES;
            store(at, add_to ? add(load(at), total[b][row][i]) : total[b][row][i]);
        }
}

void lm_product_avx2(float *y, size_t y_stride, const struct lm_matrix *w, const struct lm_rows *x,
                     size_t n_rows, bool add_to)
{
    floats total[CHUNK_BLOCKS][ROWS_MAX][VECTORS];
    struct panel panel;
    panel.n_rows = 0;
    for (size_t first = 0; first < w->n_blocks; first += CHUNK_BLOCKS) {
        size_t n_blocks = w->n_blocks - first < CHUNK_BLOCKS ? w->n_blocks - first : CHUNK_BLOCKS;
        for (size_t m = 0; m < n_rows; m += ROWS_MAX) {
            size_t n = n_rows - m < ROWS_MAX ? n_rows - m : ROWS_MAX;
            product_chunk(total, w, first, n_blocks, &panel, x, m, n);
            for (size_t row = 0; row < n; row++)
                put_row(y + (m + row) * y_stride + first * LM_TILE_ROWS, total, row, n_blocks,
                        add_to);
        }
    }
}

#endif
