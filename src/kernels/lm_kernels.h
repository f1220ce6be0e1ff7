/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's primitives: int8 products of activations and weights, and the steps between
 * them.
 *
 * Both sides of a product are int8 in groups of 64 along the summed dimension, each group with a
 * float scale; a value is q * scale, |q| <= 127. Products inside a group are summed exactly in
 * int32; the groups' sums are scaled and added as floats, in ascending order. So an output depends
 * on its own row of activations and its row of weights only, not on how many rows are computed
 * together, nor on which thread computes them.
 *
 * The rows below are part of the table in kernels.h and follow its rules (alignment, lanes).
 */
#ifndef TACIT_KERNELS_LM_KERNELS_H
#define TACIT_KERNELS_LM_KERNELS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LM_GROUP = 64,     /* values that share a scale */
    LM_TILE_ROWS = 16, /* rows of weights that are stored interleaved */
    LM_Q_MAX = 127,    /* never -128: pairs of products have to fit 16 bits */
};

/* 16 rows of weights by one group, in the order in which dot-product instructions want them. A
 * matrix is [n_rows / 16][n_groups] tiles; rows and columns beyond its size are zero. */
struct lm_tile {
    int8_t q[LM_GROUP / 4][LM_TILE_ROWS][4]; /* q[k / 4][row][k % 4] */
    float scale[LM_TILE_ROWS];
};

static_assert(sizeof(struct lm_tile) == 1088, "a tile is 17 lines of 64 bytes, without padding");
static_assert(LM_GROUP * LM_Q_MAX * LM_Q_MAX < 1 << 24,
              "a group's sum is exact in int32 and in float");

/* 16 rows of weights of 4 bits by one group of activations, which is two groups of weights: 32 values each with a
 * scale and a minimum of 16 bits (binary16, as GGUF has them), so that a value is n * scale + minimum, n = 0 .. 15.
 * Byte q[4 h + j][row][b] holds columns 32 h + 4 j + b (the low bits) and 32 h + 16 + 4 j + b. */
struct lm_tile_int4 {
    uint8_t q[LM_GROUP / 8][LM_TILE_ROWS][4];
    uint16_t scale[2][LM_TILE_ROWS];
    uint16_t minimum[2][LM_TILE_ROWS];
};

enum { LM_INT4_GROUP = 32, LM_INT4_GROUPS_MAX = 1024 };
static_assert(sizeof(struct lm_tile_int4) == 640, "ten lines of 64 bytes, without padding");
static_assert(LM_INT4_GROUP / 4 * 2 * 15 * LM_Q_MAX < 1 << 15,
              "pairs of products of a group's eight fours are exact in 16 bits");

/* Narrow tiles stand for tiles of int8 whose values have the form n 2^(7 - bits) - minimum, n of 2 to 7 bits, with a minimum
 * of 0 .. 127 for each row. Bytes: planes of 4, 2 and 1 bits, one for each binary digit of `bits`, from n's highest bits
 * to its lowest; then 16 minima; then 16 scales of 2 bytes, upper halves of floats. A plane of w bits holds the
 * vectors lm_tile.q[0], q[1] ... of 64 numbers each: those of vector v are in the bytes of vector v / (8 / w), at bit
 * w (v % (8 / w)). Such tiles lie one after the other, at a multiple of 16. */
enum { LM_NARROW_BITS_MIN = 2, LM_NARROW_BITS_MAX = 7, LM_NARROW_VECTOR = 4 * LM_TILE_ROWS };

static inline size_t lm_narrow_plane_bytes(unsigned bits)
{
    return LM_GROUP * LM_TILE_ROWS / 8 * bits;
}

static inline size_t lm_narrow_tile_bytes(unsigned bits)
{
    return lm_narrow_plane_bytes(bits) + 3 * LM_TILE_ROWS;
}

/* Packed tiles hold numbers n of 2 to 4 bits, each of which stands for the odd number 2 n + 1 - 2^bits. Bytes
 * lie in runs of 32. With 4 or 2 bits number 32 (8 / bits) run + 32 s + i of a tile, in the order of lm_tile.q, is in
 * bits [bits s, bits s + bits) of byte 32 run + i. With 3 bits three runs hold 256 numbers: two runs the lower 2 bits, as
 * with 2 bits, and the third the highest bit of number 32 s + i of the 256, in bit s of its byte i. */
enum { LM_PACKED_RUN = 32, LM_PACKED_UNIT = 3 * LM_PACKED_RUN, LM_PACKED_UNIT_VALUES = 256 };

static inline size_t lm_packed_tile_bytes(unsigned bits)
{
    return LM_GROUP * LM_TILE_ROWS / 8 * bits;
}

/* Quantised activations of several rows. */
struct lm_rows {
    int8_t *q;    /* [n_rows][n_groups][64] */
    float *scale; /* [n_rows][n_groups], no alignment */
    /* [n_rows][n_groups]: the sum of q, for unsigned-by-signed products; no alignment */
    int32_t *sum;
    size_t n_groups; /* distance of rows */
};

/* The weights of a product: n_blocks x n_groups tiles, of which each block's lie together. */
struct lm_matrix {
    const struct lm_tile *tiles;
    size_t n_blocks; /* of 16 rows */
    size_t n_groups; /* that count; at most the activations' */
    size_t stride;   /* tiles from a block to the next */
};

struct lm_matrix_int4 {
    const struct lm_tile_int4 *tiles;
    size_t n_blocks, n_groups,
        stride; /* as of struct lm_matrix; n_groups: at most LM_INT4_GROUPS_MAX */
};

struct lm_matrix_narrow {
    const uint8_t *tiles;
    unsigned bits;
    size_t n_blocks, n_groups, stride; /* as of struct lm_matrix */
};

#define LM_SCORE_MAX     1e30f
#define LM_ROOT_CAP_MAX  1e15f /* its square is finite */
#define LM_MASS_ONE      0x1p30f
#define LM_TINY_BITS     0x0d800000u /* 2^-100: what a group must reach to be worth a scale */
#define LM_INFINITY_BITS 0x7f800000u

/* X(name, result, parameters).
 *
 * lm_quantize: x[0 .. 64 n_groups) to q, scale, sum. Per group: a = max |x|; scale = a * (1 / 127),
 *   q = x * (127 / a) rounded to nearest even; all zero if a is below 2^-100 or not finite.
 * lm_product: y[m * y_stride + r] = sum over g of (dot * x.scale[m][g]) * w.scale[r][g], from zero,
 *   for m < n_rows and r < 16 w.n_blocks; with `add`, that sum is added to what y holds.
 *   y_stride is a multiple of 16.
 * lm_product_int4: the same for weights of 4 bits. For each 32 columns in ascending order, s starting from zero:
 *   s = s + (dot * x.scale) * scale, then s = s + (sum * x.scale) * minimum; dot: of the activations and n; sum: of
 *   the 32 activations.
 * lm_product_narrow: what lm_product gives for the int8 tiles that narrow tiles stand for. Scales are finite.
 * lm_unpack: q of n_tiles tiles from as many packed ones (bits: 2, 3 or 4). Their scales stay as they are.
 * lm_rotate: each 64 numbers of x[0 .. 64 n_groups) times the Hadamard matrix of that size times 1/8, which is its own
 *   inverse: in six stages, of which stage h = 32, 16, 8, 4, 2, 1 replaces each pair (x[i], x[i + h]), i without bit h,
 *   by its sum and its difference; then times 1/8. y may be x.
 * lm_rms_norm: y[i] = (x[i] * r) * gain[i], r = 1 / sqrt(sum of squares / n + epsilon). y may be x.
 * lm_attention_weights: top = the largest of sink and score[i], i < n_valid, within +-LM_SCORE_MAX
 *   (NaNs count for nothing); e[i] = strict_exp_brief(score[i] - top), the difference within
 *   -STRICT_EXP_MAX .. 0 (a NaN is the lower limit). e[i] * value_scale[i], zero from n_valid to the
 *   next multiple of 64, is quantised to q, scale, sum. Returns the sum of e, then +
 *   strict_exp_brief(sink - top). score and value_scale reach to that multiple. sink: within the same
 *   limits; the lower one changes nothing.
 * lm_swiglu: y[i] = (g[i] / (1 + e^-g[i])) * u[i], by strict_exp_brief. y may be g.
 * lm_relu2: y[i] = g[i] > 0 ? g[i] * g[i] : 0. y may be g.
 * lm_root_cap: x[i] = (cap * l) * strict_rsqrt_brief(l * l + cap * cap), l = x[i] within
 *   +-LM_ROOT_CAP_MAX (a NaN is the lower limit). cap: 1e-6 .. 1e6.
 * lm_token_masses: with l[i] = x[i] + bias[i], or x[i] if bias is NULL, and top the largest l[i]: mass[i] = 1 +
 *   (int32_t)(strict_exp_brief(l[i] - top) * 2^30), for i < n, which is any number above 0; x and bias are finite, and
 *   reach to the next multiple of 16.
 * lm_token_learn: bias[i] -= step * mass[i], the mass as a float of the int32_t with its bits.
 */
#define LM_KERNEL_TABLE(X)                                                                         \
    X(lm_quantize, void,                                                                           \
      (int8_t * q, float *scale, int32_t *sum, const float *x, size_t n_groups))                   \
    X(lm_product, void,                                                                            \
      (float *y, size_t y_stride, const struct lm_matrix *w, const struct lm_rows *x,              \
       size_t n_rows, bool add))                                                                   \
    X(lm_product_int4, void,                                                                       \
      (float *y, size_t y_stride, const struct lm_matrix_int4 *w, const struct lm_rows *x,         \
       size_t n_rows, bool add))                                                                   \
    X(lm_product_narrow, void,                                                                     \
      (float *y, size_t y_stride, const struct lm_matrix_narrow *w, const struct lm_rows *x,       \
       size_t n_rows, bool add))                                                                   \
    X(lm_unpack, void,                                                                             \
      (struct lm_tile * tiles, const uint8_t *packed, size_t n_tiles, unsigned bits))              \
    X(lm_rotate, void, (float *y, const float *x, size_t n_groups))                                \
    X(lm_rms_norm, void, (float *y, const float *x, const float *gain, size_t n, float epsilon))   \
    X(lm_attention_weights, float,                                                                 \
      (int8_t * q, float *scale, int32_t *sum, const float *score, const float *value_scale,       \
       size_t n_valid, float sink))                                                                \
    X(lm_swiglu, void, (float *y, const float *g, const float *u, size_t n))                       \
    X(lm_relu2, void, (float *y, const float *g, size_t n))                                        \
    X(lm_root_cap, void, (float *x, float cap, size_t n))                                          \
    X(lm_token_masses, void, (uint32_t * mass, const float *x, const float *bias, size_t n))       \
    X(lm_token_learn, void, (float *bias, const uint32_t *mass, float step, size_t n))

#endif
