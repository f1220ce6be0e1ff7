/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights of 2 to 7 bits (lm_kernels.h, narrow tiles): how their numbers are read, and the definition of their
 * product. Every variant opens a tile once for all rows of activations; but for that, the product is int8's.
 */
#ifndef TACIT_KERNELS_NARROW_LM_NARROW_H
#define TACIT_KERNELS_NARROW_LM_NARROW_H

#include <stdbool.h>
#include <string.h>

#include "base/strict_math.h"
#include "kernels/lm_kernels.h"

enum { LM_NARROW_ROWS = 32 /* of activations that an opened tile meets at a time */ };

static inline const uint8_t *lm_narrow_minima(const uint8_t *tile, unsigned bits)
{
    return tile + lm_narrow_plane_bytes(bits);
}

/* Upper halves of floats, in the machine's byte order. */
static inline const uint8_t *lm_narrow_scales(const uint8_t *tile, unsigned bits)
{
    return tile + lm_narrow_plane_bytes(bits) + LM_TILE_ROWS;
}

static inline float lm_narrow_scale(const uint8_t *tile, unsigned bits, size_t row)
{
    uint16_t upper;
    memcpy(&upper, lm_narrow_scales(tile, bits) + row * sizeof upper, sizeof upper);
    return strict_from_bits((uint32_t)upper << 16);
}

/* Where a number's bits in a plane of `width` lie: byte and shift. */
struct lm_narrow_place {
    size_t byte;
    unsigned shift;
};

static inline struct lm_narrow_place lm_narrow_place(unsigned width, size_t row, size_t column)
{
    size_t vector = column / 4, n_in_byte = 8 / width;
    return (struct lm_narrow_place){vector / n_in_byte * LM_NARROW_VECTOR + 4 * row + column % 4,
                                    (unsigned)(vector % n_in_byte) * width};
}

static inline unsigned lm_narrow_get(const uint8_t *tile, unsigned bits, size_t row, size_t column)
{
    unsigned n = 0;
    for (unsigned width = 4; width > 0; width /= 2)
        if (bits & width) {
            struct lm_narrow_place at = lm_narrow_place(width, row, column);
            n = n << width | (tile[at.byte] >> at.shift & ((1u << width) - 1));
            tile += lm_narrow_plane_bytes(width);
        }
    return n;
}

/* Sets u, as u[k / 4][row][k % 4], to the numbers as the upper bits of 7. */
static inline void lm_narrow_open(uint8_t (*u)[LM_NARROW_VECTOR], const uint8_t *tile,
                                  unsigned bits)
{
    unsigned left = 7;
    memset(u, 0, LM_GROUP / 4 * sizeof *u);
    for (unsigned width = 4; width > 0; width /= 2) {
        if (!(bits & width))
            continue;
        unsigned mask = (1u << width) - 1;
        left -= width;
        for (size_t v = 0; v < LM_GROUP / 4; v++) {
            const uint8_t *from = tile + v / (8 / width) * LM_NARROW_VECTOR;
            unsigned shift = (unsigned)(v % (8 / width)) * width;
            for (size_t i = 0; i < LM_NARROW_VECTOR; i++)
                u[v][i] = (uint8_t)(u[v][i] | (from[i] >> shift & mask) << left);
        }
        tile += lm_narrow_plane_bytes(width);
    }
}

static inline void lm_narrow_add(float total[LM_TILE_ROWS], const uint8_t (*u)[LM_NARROW_VECTOR],
                                 const uint8_t *tile, unsigned bits, const int8_t *x, float x_scale)
{
    const uint8_t *minimum = lm_narrow_minima(tile, bits);
    for (size_t r = 0; r < LM_TILE_ROWS; r++) {
        int32_t dot = 0;
        for (size_t k = 0; k < LM_GROUP; k++)
            dot += (u[k / 4][4 * r + k % 4] - minimum[r]) * x[k];
        total[r] += ((float)dot * x_scale) * lm_narrow_scale(tile, bits, r);
    }
}

static inline void lm_narrow_block(float *y, size_t y_stride, const uint8_t *tiles, unsigned bits,
                                   const struct lm_rows *x, size_t first_row, size_t n_rows,
                                   size_t n_groups, bool add)
{
    float total[LM_NARROW_ROWS][LM_TILE_ROWS] = {{0}};
    for (size_t g = 0; g < n_groups; g++, tiles += lm_narrow_tile_bytes(bits)) {
        uint8_t u[LM_GROUP / 4][LM_NARROW_VECTOR];
        lm_narrow_open(u, tiles, bits);
        for (size_t m = 0; m < n_rows; m++) {
            size_t at = (first_row + m) * x->n_groups + g;
            lm_narrow_add(total[m], (const uint8_t(*)[LM_NARROW_VECTOR])u, tiles, bits,
                          x->q + at * LM_GROUP, x->scale[at]);
        }
    }
    for (size_t m = 0; m < n_rows; m++)
        for (size_t r = 0; r < LM_TILE_ROWS; r++) {
            float *out = y + (first_row + m) * y_stride + r;
            *out = add ? *out + total[m][r] : total[m][r];
        }
}

static inline void lm_product_narrow_generic(float *y, size_t y_stride,
                                             const struct lm_matrix_narrow *w,
                                             const struct lm_rows *x, size_t n_rows, bool add)
{
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t m = 0; m < n_rows; m += LM_NARROW_ROWS)
            lm_narrow_block(y + b * LM_TILE_ROWS, y_stride,
                            w->tiles + b * w->stride * lm_narrow_tile_bytes(w->bits), w->bits, x, m,
                            n_rows - m < LM_NARROW_ROWS ? n_rows - m : LM_NARROW_ROWS, w->n_groups,
                            add);
}

#endif
