/* SPDX-License-Identifier: Apache-2.0
 *
 * The backward pass of one sequence. Gradients of parameters are added to `grad`;
 * work->dx carries the gradient of the residual stream from the last layer to the first.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

/* Through y = x W^T: dx (=|+=) dy W, dW += dy^T x. */
static void linear_back(struct net_work *w, size_t n, size_t n_out, size_t n_in, const float *dy,
                        size_t lddy, const float *x, size_t ldx, const float *weights, float *dx,
                        size_t lddx, float *d_weights)
{
    matmul_run(&w->mm, false, false, n, n_in, n_out, dy, lddy, weights, n_in, false, dx, lddx);
    matmul_run(&w->mm, true, false, n_out, n_in, n, dy, lddy, x, ldx, true, d_weights, n_in);
}

/* From dq, dk, dv to the gradient of the fused product's rows; adds the gains' gradient. */
static void join_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const struct net_config *c = &net->config;
    const size_t hs = c->head_size, heads = c->n_heads, ld = net_stride((heads + 2) * hs);
    const float *gain = params + net->layer[layer].q_gain;
    const float scale = 1.0f / sqrtf((float)hs);
    float *d_gain = grad + net->layer[layer].q_gain;
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t++) {
        float *row = work->dqkv + t * ld, *k = w->k + t * hs, *dk = work->dk + t * hs;
        memset(row, 0, (heads + 1) * hs * sizeof(float));
        for (size_t h = 0; h < heads; h++) {
            float *q = w->q + (t * heads + h) * hs, *dq = work->dq + (t * heads + h) * hs;
            const float g = gain[h] * scale;
            d_gain[h] += op_dot(hs, dq, q) / gain[h];
            for (size_t i = 0; i < hs; i++) {
                q[i] /= g;
                dq[i] *= g;
            }
            /* The norm's backward pass holds in rotated space too; turn its result back. */
            op_norm_back(1, hs, dq, hs, q, hs, w->r_q + t * heads + h, row + h * hs, hs);
            op_rotate(row + h * hs, net->rotary, t, c->n_rotary, -1);
        }
        op_norm_back(1, hs, dk, hs, k, hs, w->r_k + t, row + heads * hs, hs);
        op_rotate(row + heads * hs, net->rotary, t, c->n_rotary, -1);
        memcpy(row + (heads + 1) * hs, work->dv + t * hs, hs * sizeof(float));
    }
}

static void attention_back(const struct net *net, struct net_work *work, const float *params,
                           size_t n, uint32_t layer, float *grad)
{
    const struct net_config *c = &net->config;
    const struct net_layer_at *at = &net->layer[layer];
    const size_t d = c->width, ld = net_stride(d), heads = (size_t)c->n_heads * c->head_size;
    const size_t n_qkv = heads + 2 * c->head_size;
    struct net_layer_work *w = &work->layer[layer];
    linear_back(work, n, d, heads, work->dx, ld, w->o, heads, params + at->w_o, work->do_, heads,
                grad + at->w_o);
    net_attend_back(net, work, params, n, layer, grad);
    join_qkv(net, work, params, n, layer, grad);
    linear_back(work, n, n_qkv, d, work->dqkv, net_stride(n_qkv), w->a, ld, params + at->w_q,
                work->dy, ld, grad + at->w_q);
    op_norm_back(n, d, work->dy, ld, w->a, ld, w->r_a, work->dx, ld);
}

static void mlp_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const struct net_layer_at *at = &net->layer[layer];
    const size_t d = net->config.width, ld = net_stride(d), mlp = net->config.mlp_size;
    const size_t ld_mlp = net_stride(mlp);
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t += NET_MLP_BLOCK) {
        const size_t rows = n - t < NET_MLP_BLOCK ? n - t : NET_MLP_BLOCK, i = t * ld_mlp;
        matmul_run(&work->mm, false, false, rows, mlp, d, work->dx + t * ld, ld, params + at->w_2,
                   mlp, false, work->dh + i, ld_mlp);
        op_relu2_back(rows, mlp, w->u + i, work->h + i, work->dh + i, ld_mlp);
    }
    matmul_run(&work->mm, true, false, d, mlp, n, work->dx, ld, work->h, ld_mlp, true,
               grad + at->w_2, mlp);
    linear_back(work, n, mlp, d, work->dh, ld_mlp, w->m, ld, params + at->w_1, work->dy, ld,
                grad + at->w_1);
    op_norm_back(n, d, work->dy, ld, w->m, ld, w->r_m, work->dx, ld);
}

static void mix_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const struct net_layer_at *at = &net->layer[layer];
    const size_t d = net->config.width, ld = net_stride(d);
    for (size_t t = 0; t < n; t++) {
        float *dx = work->dx + t * ld;
        op_fma(d, grad + at->mix_x, dx, work->layer[layer].x + t * ld);
        op_fma(d, grad + at->mix_x0, dx, work->x0 + t * ld);
        op_fma(d, work->dx0 + t * ld, dx, params + at->mix_x0);
        for (size_t i = 0; i < d; i++)
            dx[i] *= params[at->mix_x + i];
    }
}

static void embed_back(const struct net *net, struct net_work *w, const float *params, size_t n,
                       const uint16_t *ids, float *grad)
{
    const struct net_config *c = &net->config;
    const size_t d = c->width, ld = net_stride(d), hs = c->hash_size, ld_hash = net_stride(2 * hs);
    memset(w->dy, 0, n * ld * sizeof(float));
    op_norm_back(n, d, w->dx0, ld, w->x0, ld, w->r_x0, w->dy, ld);
    for (size_t t = 0; t < n; t++) {
        const float *dy = w->dy + t * ld;
        op_add(d, grad + net->embed + ids[t] * d, dy);
        if (t > 0) {
            op_fma(d, grad + net->embed + ids[t - 1] * d, dy, params + net->smear);
            op_fma(d, grad + net->smear, dy, w->e + (t - 1) * ld);
        }
    }
    /* The rows themselves are no longer needed once their product is done: dh holds their gradient.
     */
    linear_back(w, n, d, 2 * hs, w->dy, ld, w->hash, ld_hash, params + net->hash_proj, w->dh,
                2 * hs, grad + net->hash_proj);
    for (size_t t = 0; t < n; t++) {
        const float *dh = w->dh + t * 2 * hs;
        op_add(hs, grad + net->bigram + net_hash_row(net, ids, t, 2) * hs, dh);
        op_add(hs, grad + net->trigram + net_hash_row(net, ids, t, 3) * hs, dh + hs);
    }
}

void net_backward(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint16_t *ids, float *grad)
{
    const size_t d = net->config.width, ld = net_stride(d);
    memset(work->dx, 0, n * ld * sizeof(float));
    memset(work->dx0, 0, n * ld * sizeof(float));
    op_norm_back(n, d, work->dy, ld, work->y, ld, work->r_y, work->dx, ld);
    for (uint32_t l = net->config.n_layers; l-- > 0;) {
        mlp_back(net, work, params, n, l, grad);
        attention_back(net, work, params, n, l, grad);
        mix_back(net, work, params, n, l, grad);
    }
    op_add(n * ld, work->dx0, work->dx);
    embed_back(net, work, params, n, ids, grad);
}

double net_run(const struct net *net, struct net_work *work, const float *params, size_t n,
               const uint16_t *ids, const uint16_t *targets, float scale, float *grad)
{
    net_forward(net, work, params, n, ids);
    const double loss = net_loss(net, work, params, n, targets);
    if (grad) {
        net_loss_back(net, work, params, n, targets, scale, grad);
        net_backward(net, work, params, n, ids, grad);
    }
    return loss;
}
