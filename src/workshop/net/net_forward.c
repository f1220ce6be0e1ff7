/* SPDX-License-Identifier: Apache-2.0
 *
 * The forward pass of one sequence. Weight matrices are stored output x input, so a layer is X W^T.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

/* y (=|+=) x W^T, W being n_out x n_in. */
static void linear(struct net_work *w, size_t n, size_t n_out, size_t n_in, float *x, size_t ldx,
                   const float *weights, bool add, float *y, size_t ldy)
{
    if (w->round_inputs)
        op_round_rows(n, n_in, x, ldx);
    matmul_run(&w->mm, false, true, n, n_out, n_in, x, ldx, weights, n_in, add, y, ldy);
}

static void embed(const struct net *net, struct net_work *w, const float *params, size_t n,
                  const uint16_t *ids)
{
    const struct net_config *c = &net->config;
    const size_t d = c->width, ld = net_stride(d), hs = c->hash_size, ld_hash = net_stride(2 * hs);
    for (size_t t = 0; t < n; t++) {
        memcpy(w->e + t * ld, params + net->embed + ids[t] * d, d * sizeof(float));
        memcpy(w->hash + t * ld_hash, params + net->bigram + net_hash_row(net, ids, t, 2) * hs,
               hs * sizeof(float));
        memcpy(w->hash + t * ld_hash + hs,
               params + net->trigram + net_hash_row(net, ids, t, 3) * hs, hs * sizeof(float));
    }
    linear(w, n, d, 2 * hs, w->hash, ld_hash, params + net->hash_proj, false, w->x0_raw, ld);
    for (size_t t = 0; t < n; t++) {
        op_add(d, w->x0_raw + t * ld, w->e + t * ld);
        if (t > 0)
            op_fma(d, w->x0_raw + t * ld, params + net->smear, w->e + (t - 1) * ld);
    }
    op_norm(n, d, w->x0_raw, ld, w->x0, ld, w->r_x0);
    memcpy(w->layer[0].x, w->x0, n * ld * sizeof(float));
}

/* From rows of q, k, v to normalised, rotated, scaled q, normalised, rotated k, and v. */
static void split_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                      uint32_t layer)
{
    const struct net_config *c = &net->config;
    const size_t hs = c->head_size, heads = c->n_heads, ld = net_stride((heads + 2) * hs);
    const float *gain = params + net->layer[layer].q_gain;
    const float scale = 1.0f / sqrtf((float)hs);
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t++) {
        const float *row = work->qkv + t * ld;
        float *q = w->q + t * heads * hs, *k = w->k + t * hs;
        op_norm(heads, hs, row, hs, q, hs, w->r_q + t * heads);
        op_norm(1, hs, row + heads * hs, hs, k, hs, w->r_k + t);
        memcpy(w->v + t * hs, row + (heads + 1) * hs, hs * sizeof(float));
        op_rotate(k, net->rotary, t, c->n_rotary, 1);
        for (size_t h = 0; h < heads; h++) {
            op_rotate(q + h * hs, net->rotary, t, c->n_rotary, 1);
            for (size_t i = 0; i < hs; i++)
                q[h * hs + i] *= gain[h] * scale;
        }
    }
    if (work->round_inputs) {
        op_round_rows(n * heads, hs, w->q, hs);
        op_round_rows(n, hs, w->k, hs);
        op_round_rows(n, hs, w->v, hs);
    }
}

static void run_layer(const struct net *net, struct net_work *work, const float *params, size_t n,
                      uint32_t layer)
{
    const struct net_config *c = &net->config;
    const struct net_layer_at *at = &net->layer[layer];
    const size_t d = c->width, ld = net_stride(d), heads = (size_t)c->n_heads * c->head_size;
    const size_t n_qkv = heads + 2 * c->head_size, mlp = c->mlp_size, ld_mlp = net_stride(mlp);
    struct net_layer_work *w = &work->layer[layer];
    float *x = work->layer[layer + 1].x;
    for (size_t t = 0; t < n; t++) {
        memset(x + t * ld, 0, d * sizeof(float));
        op_fma(d, x + t * ld, params + at->mix_x, w->x + t * ld);
        op_fma(d, x + t * ld, params + at->mix_x0, work->x0 + t * ld);
    }
    op_norm(n, d, x, ld, w->a, ld, w->r_a);
    linear(work, n, n_qkv, d, w->a, ld, params + at->w_q, false, work->qkv, net_stride(n_qkv));
    split_qkv(net, work, params, n, layer);
    net_attend(net, work, params, n, layer);
    linear(work, n, d, heads, w->o, heads, params + at->w_o, true, x, ld);
    op_norm(n, d, x, ld, w->m, ld, w->r_m);
    /* In blocks, so that the rectified values are still in the cache when they are needed again. */
    for (size_t t = 0; t < n; t += NET_MLP_BLOCK) {
        const size_t rows = n - t < NET_MLP_BLOCK ? n - t : NET_MLP_BLOCK;
        float *u = w->u + t * ld_mlp;
        linear(work, rows, mlp, d, w->m + t * ld, ld, params + at->w_1, false, u, ld_mlp);
        op_relu2(rows, mlp, u, work->h, ld_mlp);
        linear(work, rows, d, mlp, work->h, ld_mlp, params + at->w_2, true, x + t * ld, ld);
    }
}

void net_forward(const struct net *net, struct net_work *work, const float *params, size_t n,
                 const uint16_t *ids)
{
    const size_t d = net->config.width, ld = net_stride(d), n_layers = net->config.n_layers;
    embed(net, work, params, n, ids);
    for (uint32_t l = 0; l < n_layers; l++)
        run_layer(net, work, params, n, l);
    op_norm(n, d, work->layer[n_layers].x, ld, work->y, ld, work->r_y);
    if (work->round_inputs)
        op_round_rows(n, d, work->y, ld);
}
