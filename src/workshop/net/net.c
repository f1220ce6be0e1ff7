/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_ops.h"
#include "engine/rope.h"
#include "workshop/net/random.h"

enum { PARTS_MAX = 3 }; /* parameters that one tensor of the engine stacks */

struct net_tensor {
    const char *names[PARTS_MAX];
    bool is_gain;     /* of a norm */
    bool starts_zero; /* of a matrix: in a new network */
    float start;      /* of a vector: in a new network */
};

static const struct net_tensor tensors[LM_N_TENSORS] = {
    [LM_MIX_X] = {.names = {"mix_x"}, .start = 1},
    [LM_MIX_X0] = {.names = {"mix_x0"}},
    [LM_ATTN_NORM] = {.names = {"attn_norm"}, .is_gain = true, .start = 1},
    [LM_QKV] = {.names = {"q", "k", "v"}},
    [LM_QKV_B] = {.names = {"qkv_bias"}},
    [LM_Q_NORM] = {.names = {"q_norm"}, .is_gain = true, .start = 1},
    [LM_K_NORM] = {.names = {"k_norm"}, .is_gain = true, .start = 1},
    [LM_Q_GAIN] = {.names = {"q_gain"}, .start = 1},
    [LM_SINK_SCORE] = {.names = {"sink"}},
    [LM_OUT] = {.names = {"o"}, .starts_zero = true},
    [LM_OUT_B] = {.names = {"o_bias"}},
    [LM_FFN_NORM] = {.names = {"mlp_norm"}, .is_gain = true, .start = 1},
    [LM_UP] = {.names = {"mlp_in", "mlp_up"}},
    [LM_DOWN] = {.names = {"mlp_out"}, .starts_zero = true},
    [LM_EMBEDDING] = {.names = {"embed"}},
    [LM_BIGRAM] = {.names = {"bigram"}, .starts_zero = true},
    [LM_TRIGRAM] = {.names = {"trigram"}, .starts_zero = true},
    [LM_HASH_PROJECTION] = {.names = {"hash_proj"}},
    [LM_SMEAR] = {.names = {"smear"}},
    [LM_EMBED_NORM] = {.names = {"embed_norm"}, .is_gain = true, .start = 1},
    [LM_FINAL_NORM] = {.names = {"final_norm"}, .is_gain = true, .start = 1},
    [LM_HEAD] = {.names = {"head"}},
};

static bool is_table(enum lm_tensor_id id)
{
    return id == LM_EMBEDDING || id == LM_BIGRAM || id == LM_TRIGRAM || id == LM_HEAD;
}

/* Rows of the parts that a tensor stacks; returns how many parts. */
static size_t split_rows(const struct lm_shape *s, enum lm_tensor_id id, size_t n_rows,
                         size_t parts[PARTS_MAX])
{
    parts[0] = n_rows > 0 ? n_rows : 1;
    if (id == LM_QKV) {
        parts[0] = lm_head_columns(s);
        parts[1] = parts[2] = (n_rows - parts[0]) / 2;
        return 3;
    }
    if (id == LM_UP && n_rows > s->n_hidden) {
        parts[0] = parts[1] = s->n_hidden;
        return 2;
    }
    return 1;
}

static void add_param(struct net *net, enum lm_tensor_id id, uint32_t layer, const char *name,
                      struct lm_tensor_size size)
{
    struct net_param *p = &net->table[net->n_table++];
    if (id >= LM_N_LAYER_TENSORS)
        snprintf(p->name, sizeof p->name, "%s", name);
    else
        snprintf(p->name, sizeof p->name, "layer%u.%s", (unsigned)layer, name);
    const bool is_vector = size.n_rows == 0;
    p->id = id;
    p->layer = layer;
    p->kind = is_vector ? NET_VECTOR : is_table(id) ? NET_TABLE : NET_MATRIX;
    p->offset = net->n_params;
    p->n_rows = is_vector ? 1 : size.n_rows;
    p->n_cols = size.n_columns;
    if (!is_vector && !tensors[id].starts_zero)
        p->init_std = is_table(id) ? 0.02f : 1.0f / sqrtf((float)p->n_cols);
    p->init_value = tensors[id].start;
    net->n_params += p->n_rows * p->n_cols;
}

static void add_tensor(struct net *net, enum lm_tensor_id id, uint32_t layer)
{
    struct lm_tensor_size size = lm_tensor_size(&net->shape, id);
    size_t *at = id >= LM_N_LAYER_TENSORS ? &net->at[id] : &net->layer_at[layer][id];
    *at = NET_ABSENT;
    if (!tensors[id].names[0] || size.n_columns == 0 || (tensors[id].is_gain && !net->has_gains))
        return;
    *at = net->n_params;
    size_t parts[PARTS_MAX];
    const size_t n = size.n_rows > 0 ? split_rows(&net->shape, id, size.n_rows, parts) : 1;
    for (size_t i = 0; i < n; i++) {
        size.n_rows = size.n_rows > 0 ? parts[i] : 0;
        add_param(net, id, layer, tensors[id].names[i], size);
    }
}

/* divisors: of the rotated pairs' frequencies, or NULL. */
static enum tacit_status make_rotary(struct net *net, const float *divisors)
{
    const struct lm_shape *s = &net->shape;
    const size_t n_rot = s->rope_dims;
    struct rope rope;
    net->rotary = malloc(sizeof(float) * (net->seq_len * n_rot + 1));
    if (!net->rotary)
        return TACIT_ERR_MEMORY;
    rope_init(&rope, n_rot, s->rope_base, divisors, s->rope_gain);
    for (size_t t = 0; t < net->seq_len; t++)
        rope_angles(&rope, t, net->rotary + t * n_rot, net->rotary + t * n_rot + n_rot / 2);
    return TACIT_OK;
}

/* With the shape, seq_len and has_gains. */
static enum tacit_status open_shape(struct net *net, const float *divisors)
{
    const size_t n_layers = net->shape.n_layers;
    net->table =
        calloc(PARTS_MAX * (LM_N_TENSORS + n_layers * LM_N_LAYER_TENSORS), sizeof *net->table);
    net->layer_at = calloc(n_layers, sizeof *net->layer_at);
    enum tacit_status status =
        net->table && net->layer_at ? make_rotary(net, divisors) : TACIT_ERR_MEMORY;
    if (status != TACIT_OK) {
        net_close(net);
        return status;
    }
    for (int id = LM_N_LAYER_TENSORS; id < LM_N_TENSORS; id++)
        add_tensor(net, (enum lm_tensor_id)id, 0);
    for (uint32_t layer = 0; layer < n_layers; layer++)
        for (int id = 0; id < LM_N_LAYER_TENSORS; id++)
            add_tensor(net, (enum lm_tensor_id)id, layer);
    return TACIT_OK;
}

struct lm_shape net_config_shape(const struct net_config *c)
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

enum tacit_status net_open(struct net *net, const struct net_config *config)
{
    const struct net_config *c = config;
    memset(net, 0, sizeof *net);
    if (c->n_vocab < 2 || c->n_vocab > 65535 || !c->width || c->width > 8192 || !c->n_layers ||
        c->n_layers > NET_LAYERS_MAX || !c->n_heads || c->n_heads > 64 || !c->head_size ||
        c->head_size > 512 || !c->mlp_size || c->mlp_size > 65536 || c->n_rotary % 2 ||
        c->n_rotary > c->head_size || !c->seq_len || c->seq_len > 65536 || !c->window_short ||
        !c->window_long || !c->hash_rows || c->hash_rows > 1u << 24 || !c->hash_size ||
        c->hash_size > 4096 || !(c->logit_cap > 0))
        return TACIT_ERR_ARGUMENT;
    net->config = *c;
    net->shape = net_config_shape(c);
    net->seq_len = c->seq_len;
    return open_shape(net, NULL);
}

static bool is_known(const struct lm_shape *s)
{
    const uint32_t known = LM_QKV_BIAS | LM_QK_NORM | LM_SEPARATE_HEAD | LM_WITH_HASHES |
                           LM_WITH_SMEAR | LM_WITH_EMBED_NORM | LM_WITH_MIX | LM_WITH_Q_GAIN |
                           LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST | LM_OUT_BIAS | LM_ROPE_SCALED |
                           LM_WIDE_HEAD | LM_WIDE_LAYERS;
    return !(s->flags & ~known) && s->norm == LM_NORM_RMS &&
           (s->activation == LM_ACT_SWIGLU || s->activation == LM_ACT_RELU2) &&
           (s->logit_cap == 0 || (s->flags & LM_ROOT_CAP));
}

static bool has_gains(const struct lm_model *model)
{
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        uint32_t layer;
        const struct tensor *t = lm_tensor_at(model, i);
        for (size_t j = 0; tensors[lm_tensor_id_at(i, &layer)].is_gain && j < t->n_columns; j++)
            if (t->values[j] != 1.0f)
                return true;
    }
    return false;
}

enum tacit_status net_open_model(struct net *net, const struct lm_model *model, uint32_t seq_len)
{
    memset(net, 0, sizeof *net);
    if (!is_known(&model->shape))
        return TACIT_ERR_UNSUPPORTED;
    net->shape = model->shape;
    net->seq_len = seq_len;
    net->has_gains = has_gains(model);
    return open_shape(net, model->tensors[LM_ROPE_DIVISORS].values);
}

void net_close(struct net *net)
{
    free(net->rotary);
    free(net->table);
    free(net->layer_at);
    net->rotary = NULL;
    net->table = NULL;
    net->layer_at = NULL;
}

void net_init_params(const struct net *net, uint64_t seed, float *params)
{
    struct random random = {seed};
    for (size_t i = 0; i < net->n_table; i++) {
        const struct net_param *p = &net->table[i];
        for (size_t j = 0; j < p->n_rows * p->n_cols; j++)
            params[p->offset + j] =
                p->init_std > 0 ? p->init_std * random_normal(&random) : p->init_value;
    }
}

uint32_t net_window(const struct net *net, uint32_t layer)
{
    const uint32_t window = lm_window(&net->shape, layer);
    return window > 0 && window < net->seq_len ? window : net->seq_len;
}

size_t net_hash_row(const struct net *net, const uint32_t *ids, size_t t, int n)
{
    const uint32_t bos = net->shape.n_vocab - 1;
    const uint32_t before[2] = {t >= 1 ? ids[t - 1] : bos, t >= 2 ? ids[t - 2] : bos};
    return lm_hash_row(ids[t], before, n == 3, net->shape.n_hash_rows);
}
