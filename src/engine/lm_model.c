/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum { N_GLOBAL = LM_N_TENSORS - LM_N_LAYER_TENSORS };

size_t lm_n_tensors(const struct lm_shape *shape)
{
    return N_GLOBAL + (size_t)shape->n_layers * LM_N_LAYER_TENSORS;
}

static enum lm_tensor_id id_at(size_t index)
{
    return (enum lm_tensor_id)(index < N_GLOBAL ? LM_N_LAYER_TENSORS + index
                                                : (index - N_GLOBAL) % LM_N_LAYER_TENSORS);
}

enum lm_tensor_id lm_tensor_id_at(size_t index, uint32_t *layer)
{
    *layer = index < N_GLOBAL ? 0 : (uint32_t)((index - N_GLOBAL) / LM_N_LAYER_TENSORS);
    return id_at(index);
}

size_t lm_tensor_index(enum lm_tensor_id id, uint32_t layer)
{
    return id >= LM_N_LAYER_TENSORS ? (size_t)(id - LM_N_LAYER_TENSORS)
                                    : N_GLOBAL + (size_t)layer * LM_N_LAYER_TENSORS + id;
}

struct tensor *lm_tensor_at(const struct lm_model *model, size_t index)
{
    if (index < N_GLOBAL)
        return (struct tensor *)(uintptr_t)&model->tensors[id_at(index)];
    return &model->layers[(index - N_GLOBAL) / LM_N_LAYER_TENSORS].tensors[id_at(index)];
}

static void lay_out_tensor(struct tensor *tensor, const struct lm_shape *shape,
                           const uint8_t *kinds, size_t index, struct arena *arena)
{
    struct lm_tensor_size size = lm_tensor_size(shape, id_at(index));
    enum tensor_kind kind = kinds ? (enum tensor_kind)kinds[index] : TENSOR_INT8;
    tensor_lay_out(tensor, kind, size.n_rows, size.n_columns, arena);
}

void lm_model_lay_out(struct lm_model *model, struct arena *arena)
{
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++)
        lay_out_tensor(lm_tensor_at(model, i), &model->shape, model->kinds, i, arena);
}

uint64_t lm_model_memory_needed(const struct lm_shape *shape, const uint8_t *kinds)
{
    uint64_t n = 0;
    for (size_t i = 0; i < lm_n_tensors(shape); i++) {
        struct tensor unused;
        struct arena sizes = {0};
        lay_out_tensor(&unused, shape, kinds, i, &sizes);
        n += sizes.used;
    }
    return n;
}

/* Refuses kinds for vectors, and kinds whose products do not take rows so long. *plain: all are
 * TENSOR_INT8. */
static enum tacit_status check_kinds(const struct lm_shape *shape, const uint8_t *kinds,
                                     bool *plain)
{
    *plain = true;
    for (size_t i = 0; kinds && i < lm_n_tensors(shape); i++) {
        struct lm_tensor_size size = lm_tensor_size(shape, id_at(i));
        if (kinds[i] == TENSOR_INT8)
            continue;
        if (size.n_rows == 0 || size.n_columns == 0 || !tensor_kind_fits(kinds[i], size.n_columns))
            return TACIT_ERR_UNSUPPORTED;
        *plain = false;
    }
    return TACIT_OK;
}

enum tacit_status lm_model_create(struct lm_model **model_out, const struct lm_shape *shape,
                                  const uint8_t *kinds)
{
    *model_out = NULL;
    TRY(lm_shape_check(shape));
    bool plain;
    TRY(check_kinds(shape, kinds, &plain));
    kinds = plain ? NULL : kinds;
    struct lm_model *model = calloc(1, sizeof *model);
    if (!model)
        return TACIT_ERR_MEMORY;
    model->shape = *shape;
    model->layers = calloc(shape->n_layers, sizeof *model->layers);
    model->kinds = kinds ? malloc(lm_n_tensors(shape)) : NULL;
    if (!model->layers || (kinds && !model->kinds) ||
        lm_model_memory_needed(shape, kinds) > SIZE_MAX / 2) {
        lm_model_destroy(model);
        return TACIT_ERR_MEMORY;
    }
    if (kinds)
        memcpy(model->kinds, kinds, lm_n_tensors(shape));
    *model_out = model;
    return TACIT_OK;
}

void lm_model_destroy(struct lm_model *model)
{
    if (!model)
        return;
    if (model->release)
        model->release(model);
    free(model->layers);
    free(model->kinds);
    free(model);
}
