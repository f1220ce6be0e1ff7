/* SPDX-License-Identifier: Apache-2.0
 *
 * Models made of others (lm_model.h).
 */
#include "base/try.h"
#include "engine/lm_identity.h"
#include "engine/lm_model.h"

static enum tacit_status convert(struct lm_model *model, const struct lm_model *from,
                                 lm_fill_fn *fill, void *context)
{
    TRY(lm_model_allocate(model));
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        struct tensor *to = lm_tensor_at(model, i);
        const struct tensor *source = lm_tensor_at(from, i);
        if (to->kind == source->kind)
            tensor_copy(to, source);
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
