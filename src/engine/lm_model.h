/* SPDX-License-Identifier: Apache-2.0
 *
 * A language model's weights in memory: built from rows of floats (lm_build.h) or read from a
 * .tmodel file (tmodel.h). Read-only once made: any number of states (lm.h) and threads share it.
 *
 * Matrices are of a kind each (tensor.h); norms and biases stay floats. The quantised values are the model: its identity is the SHA-256 of its shape and of
 * these values in the order of rows, whatever the packing in memory (lm_identity.h).
 */
#ifndef TACIT_ENGINE_LM_MODEL_H
#define TACIT_ENGINE_LM_MODEL_H

#include "engine/lm_shape.h"
#include "engine/tensor.h"

enum { LM_IDENTITY_BYTES = 32 };

struct lm_layer {
    struct tensor tensors[LM_N_LAYER_TENSORS];
};

struct lm_model {
    struct lm_shape shape;
    uint8_t *kinds; /* [lm_n_tensors]: enum tensor_kind of each; NULL: all are TENSOR_INT8 */
    struct tensor tensors[LM_N_TENSORS]; /* the global ones, from LM_N_LAYER_TENSORS on */
    struct lm_layer *layers;             /* [shape.n_layers] */
    uint8_t identity[LM_IDENTITY_BYTES];
    uint8_t *memory; /* of all tensors, in the order of lm_model_lay_out */
    size_t n_bytes;
    void (*release)(struct lm_model *model); /* of memory */
    void *owner;                             /* for release */
};

/* NULL is allowed. No state may be using it. */
void lm_model_destroy(struct lm_model *model);

/* The number of a model's tensors, absent ones included, and one of them, in the order of the
 * identity: the global tensors, then layer by layer. */
size_t lm_n_tensors(const struct lm_shape *shape);
struct tensor *lm_tensor_at(const struct lm_model *model, size_t index);

/* Which one that is; *layer is 0 for a global tensor. */
enum lm_tensor_id lm_tensor_id_at(size_t index, uint32_t *layer);

/* The reverse; layer counts for tensors of layers only. */
size_t lm_tensor_index(enum lm_tensor_id id, uint32_t layer);

/* Bytes of weights that a model of this shape takes in memory. shape: checked; kinds: [lm_n_tensors], NULL: all are
 * TENSOR_INT8. */
uint64_t lm_model_memory_needed(const struct lm_shape *shape, const uint8_t *kinds);

/* For makers of models (lm_build.c, tmodel.c): makes the handle without weights; lm_model_lay_out
 * places the tensors in an arena. kinds: as above, copied. TACIT_ERR_UNSUPPORTED (shape, or a kind
 * for this shape), TACIT_ERR_MEMORY; on failure *model is NULL. */
enum tacit_status lm_model_create(struct lm_model **model, const struct lm_shape *shape,
                                  const uint8_t *kinds);
void lm_model_lay_out(struct lm_model *model, struct arena *arena);

/* Allocates zeroed memory for all tensors of a model without weights, and places the tensors there.
 * TACIT_ERR_MEMORY. */
enum tacit_status lm_model_allocate(struct lm_model *model);

/* Makes the same model with tensors of other kinds: tensors that keep their kind are copied, `fill`
 * fills the others. The identity is set. Errors as lm_model_create, or what fill returned; on
 * failure *model is NULL. */
typedef enum tacit_status lm_fill_fn(void *context, size_t index, const struct tensor *from,
                                     struct tensor *to);
enum tacit_status lm_model_convert(struct lm_model **model, const struct lm_model *from,
                                   const uint8_t *kinds, lm_fill_fn *fill, void *context);

#endif
