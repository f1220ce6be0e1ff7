/* SPDX-License-Identifier: Apache-2.0
 *
 * A tensor of a language model: a vector of floats, or a matrix of weights stored in one of several
 * kinds.
 *
 * A matrix of TENSOR_INT8 stands for int8 values in groups of 64 along each row, each group with a float scale; one
 * of TENSOR_INT4 for values of 4 bits in groups of 32, each with a scale and a minimum (kernels/lm_kernels.h); one of
 * TENSOR_NARROW2 to 7 for int8 values that so many bits and a minimum tell, and multiplies as these do.
 * Products, rows as floats and the model's identity follow from these values alone, so that no result depends on the
 * packing.
 *
 * To add a kind: a row in TENSOR_KINDS, its constants and functions in tensor.c (the compiler names
 * those that are missing), and a kernel for its products.
 *
 * A tensor's memory is the caller's. Any number of threads may read it.
 */
#ifndef TACIT_ENGINE_TENSOR_H
#define TACIT_ENGINE_TENSOR_H

#include "base/arena.h"
#include "base/sha256.h"
#include "kernels/kernels.h"

/* X(kind, suffix of its functions, bits of a number) */
#define TENSOR_KINDS(X)                                                                            \
    X(TENSOR_INT8, int8, 8)      /* in tiles: struct lm_tile */                                    \
    X(TENSOR_INT4, int4, 4)      /* in tiles: struct lm_tile_int4 */                               \
    X(TENSOR_NARROW2, narrow, 2) /* in narrow tiles, and so on */                                  \
    X(TENSOR_NARROW3, narrow, 3)                                                                   \
    X(TENSOR_NARROW4, narrow, 4)                                                                   \
    X(TENSOR_NARROW5, narrow, 5)                                                                   \
    X(TENSOR_NARROW6, narrow, 6)                                                                   \
    X(TENSOR_NARROW7, narrow, 7)

enum tensor_kind {
#define TENSOR_KIND(kind, suffix, bits) kind,
    TENSOR_KINDS(TENSOR_KIND)
#undef TENSOR_KIND
};

/* Whether `kind`, which may come from a file, is a kind, and one that matrices of so many columns may have. */
bool tensor_kind_fits(unsigned kind, size_t n_columns);

struct tensor {
    enum tensor_kind kind; /* of a matrix */
    size_t n_rows;         /* 0: a vector */
    size_t n_columns;      /* 0: the model has no such tensor; of a matrix, a multiple of 64 */
    float *values;         /* a vector's: [n_columns], zero up to a multiple of 16 */
    void *weights;         /* a matrix's, as its kind packs them */
};

/* Sets the sizes and takes the tensor's memory. Without memory the arena only counts. */
void tensor_lay_out(struct tensor *tensor, enum tensor_kind kind, size_t n_rows, size_t n_columns,
                    struct arena *arena);

/* Copies the values or weights of a tensor of the same kind and sizes. */
void tensor_copy(struct tensor *to, const struct tensor *from);

/* One group of a matrix of TENSOR_INT8. q: [64], each within +-LM_Q_MAX. */
void tensor_set_group(struct tensor *tensor, size_t row, size_t group, const int8_t *q,
                      float scale);
float tensor_get_group(const struct tensor *tensor, size_t row, size_t group, int8_t *q);

/* One group of 32 of a matrix of TENSOR_INT4: its values are n[i] * scale + minimum. */
struct tensor_int4_group {
    uint8_t n[LM_INT4_GROUP]; /* 0 .. 15 */
    uint16_t scale, minimum;  /* binary16, finite */
};
void tensor_set_int4(struct tensor *tensor, size_t row, size_t group,
                     const struct tensor_int4_group *values);
void tensor_get_int4(const struct tensor *tensor, size_t row, size_t group,
                     struct tensor_int4_group *values);

/* The bits of a kind's numbers if it is narrow, else 0. The kinds of 2 to 7 bits have these as their values. */
unsigned tensor_narrow_bits(enum tensor_kind kind);

/* One group of a narrow matrix: its values are (n[i] 2^(7 - bits) - minimum) * scale. */
struct tensor_narrow_group {
    uint8_t n[LM_GROUP]; /* 0 .. 2^bits - 1 */
    uint8_t minimum;     /* 0 .. 127 */
    uint16_t scale;      /* the upper half of a float, which is at least 0 and finite */
};
void tensor_set_narrow(struct tensor *tensor, size_t row, size_t group,
                       const struct tensor_narrow_group *values);
void tensor_get_narrow(const struct tensor *tensor, size_t row, size_t group,
                       struct tensor_narrow_group *values);

/* A row of a matrix as floats, q * scale, or n * scale + minimum, to dst[0 .. n_columns). */
void tensor_row(const struct tensor *tensor, size_t row, float *dst);

/* A row of a matrix as lm_identity.h hashes it. */
void tensor_hash_row(const struct tensor *tensor, size_t row, struct sha256 *sha);

/* Whether tensors from a file have values with which all variants of kernels compute alike: floats,
 * scales and minima are finite, int8 values are not -128, minima of narrow kinds at most 127. */
bool tensor_is_sound(const struct tensor *tensor);

/* Blocks of 16 rows of a matrix. */
static inline size_t tensor_blocks(const struct tensor *tensor)
{
    return (tensor->n_rows + LM_TILE_ROWS - 1) / LM_TILE_ROWS;
}

/* The part of a matrix that one member of a crew multiplies. */
struct tensor_part {
    const struct tensor *tensor;
    size_t begin, end; /* blocks */
};

/* Multiplies the part by n_rows of x as lm_product does. y: the outputs of the part's first row. */
void tensor_product(const struct kernels *kernels, float *y, size_t y_stride,
                    struct tensor_part part, const struct lm_rows *x, size_t n_rows, bool add);

/* A tile of a kind, for model files: bytes, then numbers, each of number_bytes (4 or 2) in the machine's byte order. */
struct tensor_tile_form {
    size_t n_bytes, n_numbers, number_bytes;
};
enum { TENSOR_TILE_NUMBERS_MAX = 128 }; /* bytes: n_numbers * number_bytes of any kind */
struct tensor_tile_form tensor_tile_form(enum tensor_kind kind);

/* Tile number `index` of a matrix: [blocks][n_columns / 64]. Every kind has as many. */
uint8_t *tensor_tile(const struct tensor *tensor, size_t index);

static inline size_t tensor_n_tiles(const struct tensor *tensor)
{
    return tensor_blocks(tensor) * (tensor->n_columns / LM_GROUP);
}

#endif
