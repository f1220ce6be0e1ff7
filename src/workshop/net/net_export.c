/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/net_export.h"

#include <string.h>

#include "engine/lm_build.h"

struct source {
    const struct net *net;
    const float *params, *divisors;
};

static enum tacit_status read_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    const struct source *source = context;
    const size_t n = lm_tensor_size(&source->net->shape, id).n_columns;
    const float *values = net_values(source->net, source->params, id, layer);
    for (size_t i = 0; !values && i < n; i++)
        dst[i] =
            id == LM_ROPE_DIVISORS ? source->divisors[i] : 1.0f; /* else a norm without gains */
    if (values)
        memcpy(dst, values + row * n, n * sizeof *dst);
    return TACIT_OK;
}

enum tacit_status net_export(struct lm_model **model, const struct net *net, const float *params,
                             const float *divisors)
{
    struct source source = {net, params, divisors};
    return lm_model_build(model, &net->shape, read_row, &source);
}

static bool same_shape(const struct lm_shape *a, const struct lm_shape *b)
{
    bool same = true;
#define COMPARE(name, smallest, largest) same = same && a->name == b->name;
    LM_SHAPE_SIZES(COMPARE)
    LM_SHAPE_FLOATS(COMPARE)
#undef COMPARE
    return same;
}

enum tacit_status net_import_config(struct net_config *config, const struct lm_model *model)
{
    const struct lm_shape *s = &model->shape;
    *config = (struct net_config){
        .n_vocab = s->n_vocab,
        .width = s->width,
        .n_layers = s->n_layers,
        .n_heads = s->n_heads,
        .head_size = s->head_dim,
        .mlp_size = s->n_hidden,
        .n_rotary = s->rope_dims,
        .seq_len = s->n_context,
        .window_short = s->window,
        .window_long = s->window_long,
        .hash_rows = s->n_hash_rows,
        .hash_size = s->hash_size,
        .logit_cap = s->logit_cap,
    };
    const struct lm_shape ours = net_config_shape(config);
    return same_shape(&ours, s) ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

static void import_tensor(const struct tensor *tensor, float *dst)
{
    if (tensor->n_rows == 0)
        memcpy(dst, tensor->values, tensor->n_columns * sizeof *dst);
    for (size_t row = 0; row < tensor->n_rows; row++)
        tensor_row(tensor, row, dst + row * tensor->n_columns);
}

void net_import(const struct net *net, const struct lm_model *model, float *params)
{
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        uint32_t layer;
        const enum lm_tensor_id id = lm_tensor_id_at(i, &layer);
        const size_t at = net_at(net, id, layer);
        if (at != NET_ABSENT)
            import_tensor(lm_tensor_at(model, i), params + at);
    }
}
