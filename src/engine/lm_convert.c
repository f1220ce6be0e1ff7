/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for models that are made, not read, and models made of others (lm_model.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_identity.h"
#include "engine/lm_model.h"

static void release_heap(struct lm_model *model)
{
    free(model->memory);
}

enum tacit_status lm_model_allocate(struct lm_model *model)
{
    size_t n = (size_t)lm_model_memory_needed(&model->shape, model->kinds);
    size_t n_padded = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    model->memory = aligned_alloc(ARENA_ALIGN, n_padded);
    if (!model->memory)
        return TACIT_ERR_MEMORY;
    memset(model->memory, 0, n_padded);
    model->n_bytes = n;
    model->release = release_heap;
    struct arena arena = {model->memory, n, 0};
    lm_model_lay_out(model, &arena);
    return TACIT_OK;
}

static void copy_tensor(struct tensor *to, const struct tensor *from)
{
    size_t n_tiles = from->n_rows ? tensor_n_tiles(from) : 0;
    if (from->n_rows == 0 && from->n_columns > 0)
        memcpy(to->values, from->values, from->n_columns * sizeof *to->values);
    else if (from->kind == TENSOR_INT4)
        memcpy(to->weights, from->weights, n_tiles * sizeof(struct lm_tile_int4));
    else if (n_tiles > 0)
        memcpy(to->weights, from->weights, n_tiles * sizeof(struct lm_tile));
}

static enum tacit_status convert(struct lm_model *model, const struct lm_model *from,
                                 lm_fill_fn *fill, void *context)
{
    TRY(lm_model_allocate(model));
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        struct tensor *to = lm_tensor_at(model, i);
        const struct tensor *source = lm_tensor_at(from, i);
        if (to->kind == source->kind)
            copy_tensor(to, source);
        else
            TRY(fill(context, i, source, to));
    }
    lm_identity(model, model->identity);
    return TACIT_OK;
}

enum tacit_status lm_model_convert(struct lm_model **model, const struct lm_model *from,
                                   const uint8_t *kinds, lm_fill_fn *fill, void *context)
{
    TRY(lm_model_create(model, &from->shape, kinds));
    enum tacit_status status = convert(*model, from, fill, context);
    if (status != TACIT_OK) {
        lm_model_destroy(*model);
        *model = NULL;
    }
    return status;
}
