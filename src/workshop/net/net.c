/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "engine/lm_ops.h"
#include "workshop/net/memory.h"
#include "workshop/net/random.h"

static size_t add_param(struct net *net, enum net_param_kind kind, int layer, const char *name,
                        size_t n_rows, size_t n_cols, float init_std, float init_value)
{
    struct net_param *p = &net->table[net->n_table++];
    if (layer < 0)
        snprintf(p->name, sizeof p->name, "%s", name);
    else
        snprintf(p->name, sizeof p->name, "layer%d.%s", layer, name);
    p->kind = kind;
    p->offset = net->n_params;
    p->n_rows = n_rows;
    p->n_cols = n_cols;
    p->init_std = init_std;
    p->init_value = init_value;
    net->n_params += n_rows * n_cols;
    return p->offset;
}

static void add_layer(struct net *net, int l)
{
    const struct net_config *c = &net->config;
    const size_t d = c->width, heads = (size_t)c->n_heads * c->head_size;
    const float in = 1.0f / sqrtf((float)d);
    struct net_layer_at *at = &net->layer[l];
    at->mix_x = add_param(net, NET_VECTOR, l, "mix_x", 1, d, 0, 1);
    at->mix_x0 = add_param(net, NET_VECTOR, l, "mix_x0", 1, d, 0, 0);
    at->w_q = add_param(net, NET_MATRIX, l, "q", heads, d, in, 0);
    at->w_k = add_param(net, NET_MATRIX, l, "k", c->head_size, d, in, 0);
    at->w_v = add_param(net, NET_MATRIX, l, "v", c->head_size, d, in, 0);
    at->q_gain = add_param(net, NET_VECTOR, l, "q_gain", 1, c->n_heads, 0, 1);
    at->sink = add_param(net, NET_VECTOR, l, "sink", 1, c->n_heads, 0, 0);
    at->w_o = add_param(net, NET_MATRIX, l, "o", d, heads, 0, 0);
    at->w_1 = add_param(net, NET_MATRIX, l, "mlp_in", c->mlp_size, d, in, 0);
    at->w_2 = add_param(net, NET_MATRIX, l, "mlp_out", d, c->mlp_size, 0, 0);
}

static enum tacit_status make_rotary(struct net *net)
{
    const size_t n_rot = net->config.n_rotary, half = n_rot / 2;
    net->rotary = malloc(sizeof(float) * (net->config.seq_len * n_rot + 1));
    if (!net->rotary)
        return TACIT_ERR_MEMORY;
    for (size_t t = 0; t < net->config.seq_len; t++) {
        for (size_t i = 0; i < half; i++) {
            const double angle = (double)t * pow(10000.0, -(double)i / (double)half);
            net->rotary[t * n_rot + i] = (float)cos(angle);
            net->rotary[t * n_rot + half + i] = (float)sin(angle);
        }
    }
    return TACIT_OK;
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
    net->embed = add_param(net, NET_TABLE, -1, "embed", c->n_vocab, c->width, 0.02f, 0);
    net->bigram = add_param(net, NET_TABLE, -1, "bigram", c->hash_rows, c->hash_size, 0, 0);
    net->trigram = add_param(net, NET_TABLE, -1, "trigram", c->hash_rows, c->hash_size, 0, 0);
    net->hash_proj = add_param(net, NET_MATRIX, -1, "hash_proj", c->width, 2 * c->hash_size,
                               1.0f / sqrtf(2.0f * (float)c->hash_size), 0);
    net->smear = add_param(net, NET_VECTOR, -1, "smear", 1, c->width, 0, 0);
    for (uint32_t l = 0; l < c->n_layers; l++)
        add_layer(net, (int)l);
    return make_rotary(net);
}

void net_close(struct net *net)
{
    free(net->rotary);
    net->rotary = NULL;
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
    return layer % 3 == 2 ? net->config.window_long : net->config.window_short;
}

size_t net_hash_row(const struct net *net, const uint16_t *ids, size_t t, int n)
{
    const uint32_t bos = net->config.n_vocab - 1;
    const uint32_t before[2] = {t >= 1 ? ids[t - 1] : bos, t >= 2 ? ids[t - 2] : bos};
    return lm_hash_row(ids[t], before, n == 3, net->config.hash_rows);
}

/* n_rows rows of floats, `stride` apart. */
static float *take(struct arena *arena, size_t n_rows, size_t stride)
{
    return arena_take(arena, n_rows * stride * sizeof(float));
}

static void lay_out_layer(const struct net_config *c, struct arena *arena, struct net_layer_work *w)
{
    const size_t t = c->seq_len, d = net_stride(c->width), hs = c->head_size;
    w->a = take(arena, t, d);
    w->m = take(arena, t, d);
    w->u = take(arena, t, net_stride(c->mlp_size));
    w->q = take(arena, t, c->n_heads * hs);
    w->o = take(arena, t, c->n_heads * hs);
    w->k = take(arena, t, hs);
    w->v = take(arena, t, hs);
    w->r_a = take(arena, t, 1);
    w->r_m = take(arena, t, 1);
    w->r_q = take(arena, t, c->n_heads);
    w->r_k = take(arena, t, 1);
    w->lse = take(arena, t, c->n_heads);
}

static void lay_out(const struct net_config *c, struct arena *arena, struct net_work *w)
{
    const size_t t = c->seq_len, d = net_stride(c->width), hs = c->head_size;
    const size_t heads = (size_t)c->n_heads * hs;
    const size_t span = (c->window_long > c->window_short ? c->window_long : c->window_short);
    const size_t n_keys = span + NET_ATTEND_BLOCK < t ? span + NET_ATTEND_BLOCK : t;
    const size_t n_scores = (size_t)NET_ATTEND_BLOCK * c->n_heads * net_stride(n_keys);
    for (uint32_t l = 0; l < c->n_layers; l++)
        lay_out_layer(c, arena, &w->layer[l]);
    for (uint32_t l = 0; l <= c->n_layers; l++)
        w->layer[l].x = take(arena, t, d);
    w->e = take(arena, t, d);
    w->hash = take(arena, t, net_stride(2 * c->hash_size));
    w->x0_raw = take(arena, t, d);
    w->x0 = take(arena, t, d);
    w->r_x0 = take(arena, t, 1);
    w->y = take(arena, t, d);
    w->r_y = take(arena, t, 1);
    w->qkv = take(arena, t, net_stride(heads + 2 * hs));
    w->h = take(arena, t, net_stride(c->mlp_size));
    w->logits = take(arena, t, net_stride(NET_LOSS_PANEL));
    w->lse = take(arena, t, 1);
    w->scores = take(arena, 1, n_scores);
    w->scores_2 = take(arena, 1, n_scores);
    w->dx = take(arena, t, d);
    w->dx0 = take(arena, t, d);
    w->dy = take(arena, t, d);
    w->dqkv = take(arena, t, net_stride(heads + 2 * hs));
    w->dq = take(arena, t, heads);
    w->dk = take(arena, t, hs);
    w->dv = take(arena, t, hs);
    w->do_ = take(arena, t, heads);
    /* embed_back also writes the gradient of the hashed rows there */
    const size_t n_hash = (size_t)2 * c->hash_size, n_mlp = net_stride(c->mlp_size);
    w->dh = take(arena, t, n_mlp > n_hash ? n_mlp : n_hash);
}

enum tacit_status net_work_open(struct net_work *work, const struct net *net, bool exact)
{
    memset(work, 0, sizeof *work);
    struct arena arena = {0};
    lay_out(&net->config, &arena, work);
    const size_t n_bytes = arena.used;
    work->memory = memory_zeroed(n_bytes);
    if (!work->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){work->memory, n_bytes, 0};
    lay_out(&net->config, &arena, work);
    return matmul_open(&work->mm, exact);
}

void net_work_close(struct net_work *work)
{
    matmul_close(&work->mm);
    free(work->memory);
    memset(work, 0, sizeof *work);
}
