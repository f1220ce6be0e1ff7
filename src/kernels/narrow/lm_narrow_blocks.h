/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product_narrow as a walk over blocks of 16 rows of weights. The including file defines these before:
 *
 *     ISA               the end of the function's name
 *     row_total         the type of the sums of one row of activations with a block
 *     product_block     the sums of rows with one block; its last argument is a constant number of bits
 *     store_total       writes a row_total to 16 outputs, or adds it
 *
 * This header then defines lm_product_narrow_ISA.
 */
#if defined(ISA)

#include "kernels/join.h"

#define NARROW_BLOCK(BITS)                                                                         \
    static void narrow_##BITS(row_total *total, const struct lm_matrix_narrow *w,                  \
                              const uint8_t *tile, const struct lm_rows *x, size_t first,          \
                              size_t n_rows)                                                       \
    {                                                                                              \
        product_block(total, w, tile, x, first, n_rows, BITS);                                     \
    }
NARROW_BLOCK(2)
NARROW_BLOCK(3)
NARROW_BLOCK(4)
NARROW_BLOCK(5)
NARROW_BLOCK(6)
NARROW_BLOCK(7)

void JOIN(lm_product_narrow_, ISA)(float *y, size_t y_stride, const struct lm_matrix_narrow *w,
                                   const struct lm_rows *x, size_t n_rows, bool add_to)
{
    static void (*const products[])(row_total *, const struct lm_matrix_narrow *, const uint8_t *,
                                    const struct lm_rows *, size_t, size_t) = {
        [2] = narrow_2, narrow_3, narrow_4, narrow_5, narrow_6, narrow_7};
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t first = 0; first < n_rows; first += LM_NARROW_ROWS) {
            size_t n = n_rows - first < LM_NARROW_ROWS ? n_rows - first : LM_NARROW_ROWS;
            row_total total[LM_NARROW_ROWS];
            products[w->bits](total, w, w->tiles + b * w->stride * lm_narrow_tile_bytes(w->bits), x,
                              first, n);
            for (size_t m = 0; m < n; m++)
                store_total(y + (first + m) * y_stride + b * LM_TILE_ROWS, &total[m], add_to);
        }
}

#endif
