/* SPDX-License-Identifier: Apache-2.0
 *
 * A language model's weights in memory, in the engine's int8 form, built from rows of floats or
 * mapped from a .tmodel file (tmodel.h). Read-only once made: any number of states (lm.h) and
 * threads share it.
 *
 * Weights are int8 in groups of 64 along each row with a float scale (kernels/lm_kernels.h); norms
 * and biases stay floats. The quantised values are the model: its identity is the SHA-256 of its
 * shape and of these values in the order of rows, whatever the packing in memory.
 */
#ifndef TACIT_ENGINE_LM_MODEL_H
#define TACIT_ENGINE_LM_MODEL_H

#include "base/arena.h"
#include "engine/lm_shape.h"
#include "kernels/kernels.h"

enum { LM_IDENTITY_BYTES = 32 };

struct lm_tensor {
    float *values;         /* vectors: [n_columns], zero up to a multiple of 16 */
    struct lm_tile *tiles; /* matrices: [n_rows / 16 rounded up][n_columns / 64] */
    size_t n_rows, n_columns;
};

struct lm_layer {
    struct lm_tensor tensors[LM_N_LAYER_TENSORS];
};

struct lm_model {
    struct lm_shape shape;
    struct lm_tensor tensors[LM_N_TENSORS]; /* the global ones, from LM_N_LAYER_TENSORS on */
    struct lm_layer *layers;                /* [shape.n_layers] */
    uint8_t identity[LM_IDENTITY_BYTES];
    uint8_t *memory; /* of all tensors, in the order of lm_lay_out */
    size_t n_bytes;
    void (*release)(struct lm_model *model); /* of memory */
    void *owner;                             /* release's */
};

/* Writes row `row` (0 for a vector) of a tensor to dst[0 .. n_columns); layer is 0 for global
 * tensors. */
typedef enum tacit_status lm_row_fn(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                    float *dst);

/* Quantises every row that `row` delivers. TACIT_ERR_UNSUPPORTED (shape), TACIT_ERR_MEMORY,
 * TACIT_ERR_MODEL_DAMAGED (a value is not finite), or what `row` returned. On failure *model is
 * NULL. */
enum tacit_status lm_model_build(struct lm_model **model, const struct lm_shape *shape,
                                 lm_row_fn *row, void *context);

/* NULL is allowed. No state may be using it. */
void lm_model_destroy(struct lm_model *model);

/* Bytes of weights that a model of this shape takes in memory. shape: checked. */
uint64_t lm_model_memory_needed(const struct lm_shape *shape);

/* For other makers of models (tmodel.c): the handle without weights, and the cutting of an arena.
 */
enum tacit_status lm_model_create(struct lm_model **model, const struct lm_shape *shape);
void lm_model_lay_out(struct lm_model *model, struct arena *arena);

static inline size_t lm_tensor_tiles(const struct lm_tensor *tensor)
{
    return (tensor->n_rows + LM_TILE_ROWS - 1) / LM_TILE_ROWS * (tensor->n_columns / LM_GROUP);
}

/* Row of a matrix as floats: q * scale. */
void lm_tensor_row(const struct lm_tensor *tensor, size_t row, float *dst);

#endif
