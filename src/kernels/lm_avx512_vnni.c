/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by 512-bit VPDPBUSD, which multiplies unsigned by signed bytes: weights are made
 * unsigned by adding 128 (flipping the sign bit), and each sum starts at -128 times the sum of the
 * activations.
 */
#if defined(__x86_64__)

#include "kernels/kernels.h"
#include "kernels/lm_avx512.h"
#include "kernels/lm_isa.h"

enum {
    MAX_ROWS = 6,
    WIDE = 4,          /* blocks at once, for up to ... */
    WIDE_ROWS_MAX = 3, /* ... so many rows */
    TILE_LINES = sizeof(struct lm_tile) / 64,
};

/* N_ROWS rows of activations by N_BLOCKS blocks of weights; all their sums stay in registers. */
struct corner {
    float *y;
    size_t y_stride;
    const struct lm_tile *w;
    size_t w_stride, n_groups;
    const int8_t *q;
    const float *x_scale;
    const int32_t *x_sum;
    size_t x_groups;
    int first_line, last_line; /* of each tile of the next blocks that this corner asks for */
};

/* In assembly: around the intrinsic, gcc 12 copies every sum twice. */
static inline __m512i add_dots(__m512i sum, __m512i w, __m512i x)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}

/* The processor's own prefetching starts again in each block and comes too late. With few rows,
 * however, nearly all of the time goes to reading long runs, and explicit prefetches only cost
 * time. */
static inline __attribute__((always_inline)) void prefetch_tiles(const struct corner *c, size_t g,
                                                                 const int n_blocks)
{
#pragma GCC unroll 16
    for (int b = 0; b < n_blocks; b++) {
        const char *tile = (const char *)(c->w + (size_t)(b + n_blocks) * c->w_stride + g);
        for (int line = c->first_line; line < c->last_line; line++)
            _mm_prefetch(tile + 64 * line, _MM_HINT_T1);
    }
}

static inline __attribute__((always_inline)) void
product_block(const struct corner *c, bool add, const int n_rows, const int n_blocks)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    __m512 total[8][4];
#pragma GCC unroll 16
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 16
        for (int b = 0; b < n_blocks; b++)
            total[m][b] = _mm512_setzero_ps();
    for (size_t g = 0; g < c->n_groups; g++) {
        if (n_blocks < WIDE)
            prefetch_tiles(c, g, n_blocks);
        __m512i dots[8][4];
#pragma GCC unroll 16
        for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 16
            for (int b = 0; b < n_blocks; b++)
                dots[m][b] = _mm512_set1_epi32(-128 * c->x_sum[(size_t)m * c->x_groups + g]);
        const int8_t *q = c->q + g * LM_GROUP;
        for (int k = 0; k < LM_GROUP / 4; k++) {
            __m512i w[4];
#pragma GCC unroll 16
            for (int b = 0; b < n_blocks; b++)
                w[b] = _mm512_xor_si512(_mm512_load_si512(c->w[(size_t)b * c->w_stride + g].q[k]),
                                        flip);
#pragma GCC unroll 16
            for (int m = 0; m < n_rows; m++) {
                const int8_t *x = q + (size_t)m * c->x_groups * LM_GROUP + 4 * k;
                int32_t four;
                __builtin_memcpy(&four, x, sizeof four);
#pragma GCC unroll 16
                for (int b = 0; b < n_blocks; b++)
                    dots[m][b] = add_dots(dots[m][b], w[b], _mm512_set1_epi32(four));
            }
        }
#pragma GCC unroll 16
        for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 16
            for (int b = 0; b < n_blocks; b++)
                total[m][b] = lm_add_group(total[m][b], dots[m][b],
                                           _mm512_set1_ps(c->x_scale[(size_t)m * c->x_groups + g]),
                                           _mm512_load_ps(c->w[(size_t)b * c->w_stride + g].scale));
    }
#pragma GCC unroll 16
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 16
        for (int b = 0; b < n_blocks; b++) {
            float *y = c->y + (size_t)m * c->y_stride + b * LM_TILE_ROWS;
            _mm512_store_ps(y, add ? _mm512_add_ps(_mm512_load_ps(y), total[m][b]) : total[m][b]);
        }
}

#define PRODUCT_BLOCK(R, B)                                                                        \
    static void product_##R##x##B(const struct corner *c, bool add)                                \
    {                                                                                              \
        product_block(c, add, R, B);                                                               \
    }
#define PRODUCT_BLOCKS(R) PRODUCT_BLOCK(R, 1) PRODUCT_BLOCK(R, 2)
PRODUCT_BLOCKS(1)
PRODUCT_BLOCKS(2)
PRODUCT_BLOCKS(3)
PRODUCT_BLOCKS(4)
PRODUCT_BLOCKS(5)
PRODUCT_BLOCKS(6)
PRODUCT_BLOCK(1, 4)
PRODUCT_BLOCK(2, 4)
PRODUCT_BLOCK(3, 4)

/* [rows][0: one block, 1: two, 2: four] */
static void (*const shapes[MAX_ROWS + 1][3])(const struct corner *c, bool add) = {
    [1] = {product_1x1, product_1x2, product_1x4}, [2] = {product_2x1, product_2x2, product_2x4},
    [3] = {product_3x1, product_3x2, product_3x4}, [4] = {product_4x1, product_4x2, NULL},
    [5] = {product_5x1, product_5x2, NULL},        [6] = {product_6x1, product_6x2, NULL},
};

void lm_product_avx512_vnni(float *y, size_t y_stride, const struct lm_matrix *w,
                            const struct lm_rows *x, size_t n_rows, bool add)
{
    size_t n_steps = (n_rows + MAX_ROWS - 1) / MAX_ROWS;
    int wide = n_rows <= WIDE_ROWS_MAX ? 2 : 1;
    size_t n_lines = n_rows <= WIDE_ROWS_MAX ? 0 : TILE_LINES;
    for (size_t b = 0; b < w->n_blocks;) {
        int width = wide;
        while (w->n_blocks - b < (size_t)1 << width)
            width--;
        for (size_t m = 0, step = n_steps; m < n_rows; step--) {
            size_t rows = (n_rows - m + step - 1) / step; /* in equal parts, not 6 and a rest */
            struct corner c = {y + m * y_stride + b * LM_TILE_ROWS,
                               y_stride,
                               w->tiles + b * w->stride,
                               w->stride,
                               w->n_groups,
                               x->q + m * x->n_groups * LM_GROUP,
                               x->scale + m * x->n_groups,
                               x->sum + m * x->n_groups,
                               x->n_groups,
                               (int)(n_lines * m / n_rows),
                               (int)(n_lines * (m + rows) / n_rows)};
            shapes[rows][width](&c, add);
            m += rows;
        }
        b += (size_t)1 << width;
    }
}

void lm_kernels_init_avx512_vnni(struct kernels *kernels)
{
    kernels->lm_product = lm_product_avx512_vnni;
    kernels->lm_product_narrow = lm_product_narrow_avx512_vnni;
}

#endif
