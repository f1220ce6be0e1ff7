/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/net_export.h"

#include <string.h>

#include "engine/lm_build.h"

struct source {
    const struct net *net;
    const float *params;
};

/* Where a tensor begins in the parameters, or -1 for a norm without gain, whose tensor is all
 * ones. */
static ptrdiff_t tensor_at(const struct net *net, enum lm_tensor_id id, uint32_t layer)
{
    const struct net_layer_at *at = &net->layer[layer];
    switch (id) {
    case LM_MIX_X:
        return (ptrdiff_t)at->mix_x;
    case LM_MIX_X0:
        return (ptrdiff_t)at->mix_x0;
    case LM_QKV:
        return (ptrdiff_t)at->w_q; /* k and v follow it */
    case LM_Q_GAIN:
        return (ptrdiff_t)at->q_gain;
    case LM_SINK_SCORE:
        return (ptrdiff_t)at->sink;
    case LM_OUT:
        return (ptrdiff_t)at->w_o;
    case LM_UP:
        return (ptrdiff_t)at->w_1;
    case LM_DOWN:
        return (ptrdiff_t)at->w_2;
    case LM_EMBEDDING:
        return (ptrdiff_t)net->embed;
    case LM_BIGRAM:
        return (ptrdiff_t)net->bigram;
    case LM_TRIGRAM:
        return (ptrdiff_t)net->trigram;
    case LM_HASH_PROJECTION:
        return (ptrdiff_t)net->hash_proj;
    case LM_SMEAR:
        return (ptrdiff_t)net->smear;
    default:
        return -1;
    }
}

static struct lm_shape shape_of(const struct net_config *c)
{
    return (struct lm_shape){
        .n_vocab = c->n_vocab,
        .n_layers = c->n_layers,
        .width = c->width,
        .n_heads = c->n_heads,
        .n_kv_heads = 1,
        .head_dim = c->head_size,
        .n_hidden = c->mlp_size,
        .n_context = c->seq_len,
        .rope_dims = c->n_rotary,
        .norm = LM_NORM_RMS,
        .activation = LM_ACT_RELU2,
        .flags = LM_QK_NORM | LM_WITH_HASHES | LM_WITH_SMEAR | LM_WITH_EMBED_NORM | LM_WITH_MIX |
                 LM_WITH_Q_GAIN | LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST,
        .window = c->window_short,
        .window_long = c->window_long,
        .n_hash_rows = c->hash_rows,
        .hash_size = c->hash_size,
        .rope_base = 10000.0f,
        .norm_epsilon = 1e-6f,
        .logit_cap = c->logit_cap,
    };
}

static enum tacit_status read_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    const struct source *source = context;
    const struct lm_shape shape = shape_of(&source->net->config);
    const size_t n = lm_tensor_size(&shape, id).n_columns;
    const ptrdiff_t at = tensor_at(source->net, id, layer);
    for (size_t i = 0; at < 0 && i < n; i++)
        dst[i] = 1.0f;
    if (at >= 0)
        memcpy(dst, source->params + at + row * n, n * sizeof *dst);
    return TACIT_OK;
}

enum tacit_status net_export(struct lm_model **model, const struct net *net, const float *params)
{
    const struct lm_shape shape = shape_of(&net->config);
    struct source source = {net, params};
    return lm_model_build(model, &shape, read_row, &source);
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
    const struct lm_shape ours = shape_of(config);
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
    for (uint32_t layer = 0; layer < net->config.n_layers; layer++)
        for (int id = 0; id < LM_N_TENSORS; id++) {
            const bool is_global = id >= LM_N_LAYER_TENSORS;
            const ptrdiff_t at = tensor_at(net, (enum lm_tensor_id)id, layer);
            if (at >= 0 && !(is_global && layer > 0))
                import_tensor(is_global ? &model->tensors[id] : &model->layers[layer].tensors[id],
                              params + at);
        }
}
