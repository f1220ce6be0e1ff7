/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_int4 by vectors of fewer than 16 lanes. Up to 4 rows are multiplied by a chunk of 8 blocks, which stays in
 * the cache for the next 4 rows. The including file defines these before:
 *
 *     ISA                                 the end of the function's name
 *     LANES, ints, floats, zero() ...     as in avx2_lanes.h
 *     sum_half(sum, q, x, stride, n)      the dots of half a tile's numbers, at q, with 32 activations of n rows,
 *                                         stride bytes apart, to ints sum[n][LM_TILE_ROWS / LANES]
 *     sum_of_32(x)                        of 32 activations
 *     load_halves(p)                      LANES finite numbers of binary16
 *
 * This header then defines lm_product_int4_ISA.
 */
#if defined(ISA)

#include "kernels/join.h"
#include "kernels/lm_int4.h"

enum { INT4_ROWS = 4, INT4_CHUNK = 8, INT4_VECTORS = LM_TILE_ROWS / LANES };

/* Rows of activations, and for each group of 32 the sum times the scale. */
struct panel {
    const int8_t *q;
    const float *scale;
    size_t n_groups; /* distance of rows */
    float sum[INT4_ROWS][2 * LM_INT4_GROUPS_MAX];
};

static void prepare(struct panel *panel, const struct lm_rows *x, size_t first_row, size_t n_rows,
                    size_t n_groups)
{
    panel->q = x->q + first_row * x->n_groups * LM_GROUP;
    panel->scale = x->scale + first_row * x->n_groups;
    panel->n_groups = x->n_groups;
    for (size_t m = 0; m < n_rows; m++)
        for (size_t h = 0; h < 2 * n_groups; h++) {
            int32_t sum = sum_of_32(panel->q + m * x->n_groups * LM_GROUP + h * LM_INT4_GROUP);
            panel->sum[m][h] = (float)sum * panel->scale[m * x->n_groups + h / 2];
        }
}

static inline __attribute__((always_inline)) void int4_block(floats (*total)[INT4_VECTORS],
                                                             const struct panel *panel,
                                                             const struct lm_tile_int4 *tiles,
                                                             size_t n_groups, const int n_rows)
{
#pragma GCC unroll 4
    for (int m = 0; m < n_rows; m++)
#pragma GCC unroll 4
        for (int i = 0; i < INT4_VECTORS; i++)
            total[m][i] = zero();
    for (size_t h = 0; h < 2 * n_groups; h++) {
        const struct lm_tile_int4 *tile = tiles + h / 2;
        ints sum[INT4_ROWS][INT4_VECTORS];
        sum_half(sum, tile->q + LM_INT4_GROUP / 8 * (h % 2), panel->q + h * LM_INT4_GROUP,
                 panel->n_groups * LM_GROUP, n_rows);
        float x_scale[INT4_ROWS], x_sum[INT4_ROWS];
#pragma GCC unroll 4
        for (int m = 0; m < n_rows; m++) {
            x_scale[m] = panel->scale[(size_t)m * panel->n_groups + h / 2];
            x_sum[m] = panel->sum[m][h];
        }
#pragma GCC unroll 4
        for (int i = 0; i < INT4_VECTORS; i++) {
            floats scale = load_halves(tile->scale[h % 2] + i * LANES);
            floats minimum = load_halves(tile->minimum[h % 2] + i * LANES);
#pragma GCC unroll 4
            for (int m = 0; m < n_rows; m++) {
                floats dots = mul(mul(to_floats(sum[m][i]), splat(x_scale[m])), scale);
                floats added = add(total[m][i], dots);
                total[m][i] = add(added, mul(splat(x_sum[m]), minimum));
            }
        }
    }
}

#define INT4_BLOCK(N)                                                                              \
    static void int4_##N(floats(*total)[INT4_VECTORS], const struct panel *panel,                  \
                         const struct lm_tile_int4 *tiles, size_t n_groups)                        \
    {                                                                                              \
        int4_block(total, panel, tiles, n_groups, N);                                              \
    }
INT4_BLOCK(1)
INT4_BLOCK(2)
INT4_BLOCK(3)
INT4_BLOCK(4)

static void int4_chunk(float *y, size_t y_stride, const struct lm_matrix_int4 *w, size_t first,
                       size_t n_blocks, const struct panel *panel, size_t n_rows, bool add_to)
{
    static void (*const blocks[INT4_ROWS])(floats(*)[INT4_VECTORS], const struct panel *,
                                           const struct lm_tile_int4 *,
                                           size_t) = {int4_1, int4_2, int4_3, int4_4};
    for (size_t b = first; b < first + n_blocks; b++) {
        floats total[INT4_ROWS][INT4_VECTORS];
        blocks[n_rows - 1](total, panel, w->tiles + b * w->stride, w->n_groups);
        for (size_t m = 0; m < n_rows; m++)
            for (size_t i = 0; i < INT4_VECTORS; i++) {
                float *at = y + m * y_stride + b * LM_TILE_ROWS + i * LANES;
                store(at, add_to ? add(load(at), total[m][i]) : total[m][i]);
            }
    }
}

void JOIN(lm_product_int4_, ISA)(float *y, size_t y_stride, const struct lm_matrix_int4 *w,
                                 const struct lm_rows *x, size_t n_rows, bool add_to)
{
    size_t chunk = n_rows <= INT4_ROWS ? w->n_blocks : INT4_CHUNK;
    struct panel panel;
    for (size_t first = 0; first < w->n_blocks; first += chunk) {
        size_t n_blocks = w->n_blocks - first < chunk ? w->n_blocks - first : chunk;
        for (size_t m = 0; m < n_rows; m += INT4_ROWS) {
            size_t n = n_rows - m < INT4_ROWS ? n_rows - m : INT4_ROWS;
            prepare(&panel, x, m, n, w->n_groups);
            int4_chunk(y + m * y_stride, y_stride, w, first, n_blocks, &panel, n, add_to);
        }
    }
}

#endif
