/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_model.h"

#include <stdlib.h>

#include "base/try.h"

static void lay_out_tensor(struct tensor *tensor, struct lm_tensor_size size, struct arena *arena)
{
    tensor_lay_out(tensor, TENSOR_INT8, size.n_rows, size.n_columns, arena);
}

void lm_model_lay_out(struct lm_model *model, struct arena *arena)
{
    const struct lm_shape *shape = &model->shape;
    for (int id = LM_N_LAYER_TENSORS; id < LM_N_TENSORS; id++)
        lay_out_tensor(&model->tensors[id], lm_tensor_size(shape, (enum lm_tensor_id)id), arena);
    for (uint32_t layer = 0; layer < shape->n_layers; layer++)
        for (int id = 0; id < LM_N_LAYER_TENSORS; id++)
            lay_out_tensor(&model->layers[layer].tensors[id],
                           lm_tensor_size(shape, (enum lm_tensor_id)id), arena);
}

uint64_t lm_model_memory_needed(const struct lm_shape *shape)
{
    uint64_t n = 0;
    for (int id = 0; id < LM_N_TENSORS; id++) {
        struct tensor unused;
        struct arena sizes = {0};
        lay_out_tensor(&unused, lm_tensor_size(shape, (enum lm_tensor_id)id), &sizes);
        n += (id < LM_N_LAYER_TENSORS ? (uint64_t)shape->n_layers : 1) * sizes.used;
    }
    return n;
}

enum tacit_status lm_model_create(struct lm_model **model_out, const struct lm_shape *shape)
{
    *model_out = NULL;
    TRY(lm_shape_check(shape));
    struct lm_model *model = calloc(1, sizeof *model);
    struct lm_layer *layers = calloc(shape->n_layers, sizeof *layers);
    if (!model || !layers || lm_model_memory_needed(shape) > SIZE_MAX / 2) {
        free(model);
        free(layers);
        return TACIT_ERR_MEMORY;
    }
    model->shape = *shape;
    model->layers = layers;
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
    free(model);
}
