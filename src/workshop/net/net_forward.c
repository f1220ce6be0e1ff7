/* SPDX-License-Identifier: Apache-2.0
 *
 * The forward pass of one sequence. Weight matrices are stored output x input, so a layer is X W^T.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

/* y (=|+=) x W^T: W has as many rows as y has columns. */
static void linear(struct net_work *w, struct matrix y, struct matrix x, const float *weights,
                   bool add)
{
    if (w->round_inputs)
        op_round_rows(x);
    matmul_run(&w->mm, y, operand(x.data, x.stride), transposed(weights, x.n_cols), x.n_cols, add);
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
    linear(w, matrix(w->x0_raw, n, d, ld), matrix(w->hash, n, 2 * hs, ld_hash),
           params + net->hash_proj, false);
    for (size_t t = 0; t < n; t++) {
        op_add(w->x0_raw + t * ld, w->e + t * ld, d);
        if (t > 0)
            op_fma(w->x0_raw + t * ld, params + net->smear, w->e + (t - 1) * ld, d);
    }
    op_norm(matrix(w->x0, n, d, ld), w->r_x0, matrix(w->x0_raw, n, d, ld));
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
        float *row = work->qkv + t * ld;
        float *q = w->q + t * heads * hs, *k = w->k + t * hs;
        op_norm(matrix(q, heads, hs, hs), w->r_q + t * heads, matrix(row, heads, hs, hs));
        op_norm(matrix(k, 1, hs, hs), w->r_k + t, matrix(row + heads * hs, 1, hs, hs));
        memcpy(w->v + t * hs, row + (heads + 1) * hs, hs * sizeof(float));
        op_rotate(k, net->rotary, t, c->n_rotary, 1);
        for (size_t h = 0; h < heads; h++) {
            op_rotate(q + h * hs, net->rotary, t, c->n_rotary, 1);
            for (size_t i = 0; i < hs; i++)
                q[h * hs + i] *= gain[h] * scale;
        }
    }
    if (work->round_inputs) {
        op_round_rows(matrix(w->q, n * heads, hs, hs));
        op_round_rows(matrix(w->k, n, hs, hs));
        op_round_rows(matrix(w->v, n, hs, hs));
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
    const struct matrix stream = matrix(x, n, d, ld), a = matrix(w->a, n, d, ld);
    for (size_t t = 0; t < n; t++) {
        memset(x + t * ld, 0, d * sizeof(float));
        op_fma(x + t * ld, params + at->mix_x, w->x + t * ld, d);
        op_fma(x + t * ld, params + at->mix_x0, work->x0 + t * ld, d);
    }
    op_norm(a, w->r_a, stream);
    linear(work, matrix(work->qkv, n, n_qkv, net_stride(n_qkv)), a, params + at->w_q, false);
    split_qkv(net, work, params, n, layer);
    net_attend(net, work, params, n, layer);
    linear(work, stream, matrix(w->o, n, heads, heads), params + at->w_o, true);
    op_norm(matrix(w->m, n, d, ld), w->r_m, stream);
    /* In blocks, so that the rectified values are still in the cache when they are needed again. */
    for (size_t t = 0; t < n; t += NET_MLP_BLOCK) {
        const size_t rows = n - t < NET_MLP_BLOCK ? n - t : NET_MLP_BLOCK;
        const struct matrix u = matrix(w->u + t * ld_mlp, rows, mlp, ld_mlp);
        const struct matrix h = matrix(work->h, rows, mlp, ld_mlp);
        linear(work, u, matrix(w->m + t * ld, rows, d, ld), params + at->w_1, false);
        op_relu2(h, u);
        linear(work, matrix(x + t * ld, rows, d, ld), h, params + at->w_2, true);
    }
}

void net_forward(const struct net *net, struct net_work *work, const float *params, size_t n,
                 const uint16_t *ids)
{
    const size_t d = net->config.width, ld = net_stride(d), n_layers = net->config.n_layers;
    embed(net, work, params, n, ids);
    for (uint32_t l = 0; l < n_layers; l++)
        run_layer(net, work, params, n, l);
    const struct matrix y = matrix(work->y, n, d, ld);
    op_norm(y, work->r_y, matrix(work->layer[n_layers].x, n, d, ld));
    if (work->round_inputs)
        op_round_rows(y);
}
