/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by vectors of fewer than 16 lanes: up to 4 rows of activations by one block of
 * weights, whose sums stay in registers. The including file defines these before:
 *
 *     ISA                               the end of the functions' names
 *     LANES                             floats in a vector
 *     ints, floats                      the types of vectors of LANES int32_t or floats
 *     start(sum)                        ints that a sum of dots starts from; sum: of the activations
 *     add_group(sum, w, x, stride, n)   adds the dots of a tile's numbers, at w, with the groups of n rows of
 *                                       activations, stride bytes apart, to ints sum[n][LM_TILE_ROWS / LANES]
 *     scale_add(total, ints, xs, ws)    total + (float(ints) * xs) * ws
 *     zero(), add(a, b)                 floats
 *     load(p), store(p, floats)         LANES floats at p, aligned
 *
 * This header then defines lm_product_ISA.
 */
#if defined(ISA)

#include "kernels/join.h"

#define LM_VECTORS  (LM_TILE_ROWS / LANES)
#define LM_ROWS_MAX 4

struct corner {
    float *y;
    size_t y_stride;
    const struct lm_tile *w;
    size_t n_groups;
    const int8_t *q;
    const float *x_scale;
    const int32_t *x_sum;
    size_t x_groups;
};

static inline __attribute__((always_inline)) void product_corner(const struct corner *c,
                                                                 bool add_to, const int n_rows)
{
    floats total[LM_ROWS_MAX][LM_VECTORS];
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < LM_VECTORS; i++)
            total[m][i] = zero();
    for (size_t g = 0; g < c->n_groups; g++) {
        ints sum[LM_ROWS_MAX][LM_VECTORS];
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
            for (int i = 0; i < LM_VECTORS; i++)
                sum[m][i] = start(c->x_sum[(size_t)m * c->x_groups + g]);
        add_group(sum, c->w[g].q[0][0], c->q + g * LM_GROUP, c->x_groups * LM_GROUP, n_rows);
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
            for (int i = 0; i < LM_VECTORS; i++)
                total[m][i] =
                    scale_add(total[m][i], sum[m][i], c->x_scale[(size_t)m * c->x_groups + g],
                              load(c->w[g].scale + i * LANES));
    }
    for (int m = 0; m < n_rows; m++)
        for (int i = 0; i < LM_VECTORS; i++) {
            float *y = c->y + (size_t)m * c->y_stride + i * LANES;
            store(y, add_to ? add(load(y), total[m][i]) : total[m][i]);
        }
}

static void corner_1(const struct corner *c, bool add_to)
{
    product_corner(c, add_to, 1);
}

static void corner_2(const struct corner *c, bool add_to)
{
    product_corner(c, add_to, 2);
}

static void corner_3(const struct corner *c, bool add_to)
{
    product_corner(c, add_to, 3);
}

static void corner_4(const struct corner *c, bool add_to)
{
    product_corner(c, add_to, 4);
}

static void JOIN(lm_product_, ISA)(float *y, size_t y_stride, const struct lm_matrix *w,
                                   const struct lm_rows *x, size_t n_rows, bool add_to)
{
    static void (*const corners[LM_ROWS_MAX])(const struct corner *, bool) = {corner_1, corner_2,
                                                                              corner_3, corner_4};
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t m = 0; m < n_rows; m += LM_ROWS_MAX) {
            size_t n = n_rows - m < LM_ROWS_MAX ? n_rows - m : LM_ROWS_MAX;
            struct corner c = {y + m * y_stride + b * LM_TILE_ROWS,
                               y_stride,
                               w->tiles + b * w->stride,
                               w->n_groups,
                               x->q + m * x->n_groups * LM_GROUP,
                               x->scale + m * x->n_groups,
                               x->sum + m * x->n_groups,
                               x->n_groups};
            corners[n - 1](&c, add_to);
        }
}

#endif
