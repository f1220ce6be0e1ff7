/* SPDX-License-Identifier: Apache-2.0
 *
 * The backward pass of one sequence. Gradients of parameters are added to `grad`;
 * work->dx carries the gradient of the residual stream from the last layer to the first.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

/* Through y = x W^T: dx = dy W, dW += dy^T x. */
static void linear_back(struct net_work *w, struct matrix dx, float *d_weights, struct matrix dy,
                        struct matrix x, const float *weights)
{
    const size_t n_in = dx.n_cols, n_out = dy.n_cols;
    matmul_run(&w->mm, dx, operand(dy.data, dy.stride), operand(weights, n_in), n_out, false);
    matmul_run(&w->mm, matrix(d_weights, n_out, n_in, n_in), transposed(dy.data, dy.stride),
               operand(x.data, x.stride), dy.n_rows, true);
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
            d_gain[h] += op_dot(dq, q, hs) / gain[h];
            for (size_t i = 0; i < hs; i++) {
                q[i] /= g;
                dq[i] *= g;
            }
            /* The norm's backward pass is the same in rotated space; its result is rotated back. */
            op_norm_back(matrix(row + h * hs, 1, hs, hs), matrix(dq, 1, hs, hs),
                         matrix(q, 1, hs, hs), w->r_q + t * heads + h);
            op_rotate(row + h * hs, net->rotary, t, c->n_rotary, -1);
        }
        op_norm_back(matrix(row + heads * hs, 1, hs, hs), matrix(dk, 1, hs, hs),
                     matrix(k, 1, hs, hs), w->r_k + t);
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
    const struct matrix dx = matrix(work->dx, n, d, ld), dy = matrix(work->dy, n, d, ld);
    const struct matrix a = matrix(w->a, n, d, ld);
    linear_back(work, matrix(work->do_, n, heads, heads), grad + at->w_o, dx,
                matrix(w->o, n, heads, heads), params + at->w_o);
    net_attend_back(net, work, params, n, layer, grad);
    join_qkv(net, work, params, n, layer, grad);
    linear_back(work, dy, grad + at->w_q, matrix(work->dqkv, n, n_qkv, net_stride(n_qkv)), a,
                params + at->w_q);
    op_norm_back(dx, dy, a, w->r_a);
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
        const struct matrix dh = matrix(work->dh + i, rows, mlp, ld_mlp);
        matmul_run(&work->mm, dh, operand(work->dx + t * ld, ld), operand(params + at->w_2, mlp), d,
                   false);
        op_relu2_back(dh, matrix(work->h + i, rows, mlp, ld_mlp),
                      matrix(w->u + i, rows, mlp, ld_mlp));
    }
    matmul_run(&work->mm, matrix(grad + at->w_2, d, mlp, mlp), transposed(work->dx, ld),
               operand(work->h, ld_mlp), n, true);
    const struct matrix dy = matrix(work->dy, n, d, ld), m = matrix(w->m, n, d, ld);
    linear_back(work, dy, grad + at->w_1, matrix(work->dh, n, mlp, ld_mlp), m, params + at->w_1);
    op_norm_back(matrix(work->dx, n, d, ld), dy, m, w->r_m);
}

static void mix_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const struct net_layer_at *at = &net->layer[layer];
    const size_t d = net->config.width, ld = net_stride(d);
    for (size_t t = 0; t < n; t++) {
        float *dx = work->dx + t * ld;
        op_fma(grad + at->mix_x, dx, work->layer[layer].x + t * ld, d);
        op_fma(grad + at->mix_x0, dx, work->x0 + t * ld, d);
        op_fma(work->dx0 + t * ld, dx, params + at->mix_x0, d);
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
    const struct matrix dy = matrix(w->dy, n, d, ld);
    op_norm_back(dy, matrix(w->dx0, n, d, ld), matrix(w->x0, n, d, ld), w->r_x0);
    for (size_t t = 0; t < n; t++) {
        const float *dyt = w->dy + t * ld;
        op_add(grad + net->embed + ids[t] * d, dyt, d);
        if (t > 0) {
            op_fma(grad + net->embed + ids[t - 1] * d, dyt, params + net->smear, d);
            op_fma(grad + net->smear, dyt, w->e + (t - 1) * ld, d);
        }
    }
    /* The rows themselves are no longer needed once their product is done: dh holds their gradient.
     */
    linear_back(w, matrix(w->dh, n, 2 * hs, 2 * hs), grad + net->hash_proj, dy,
                matrix(w->hash, n, 2 * hs, ld_hash), params + net->hash_proj);
    for (size_t t = 0; t < n; t++) {
        const float *dh = w->dh + t * 2 * hs;
        op_add(grad + net->bigram + net_hash_row(net, ids, t, 2) * hs, dh, hs);
        op_add(grad + net->trigram + net_hash_row(net, ids, t, 3) * hs, dh + hs, hs);
    }
}

void net_backward(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint16_t *ids, float *grad)
{
    const size_t d = net->config.width, ld = net_stride(d);
    memset(work->dx, 0, n * ld * sizeof(float));
    memset(work->dx0, 0, n * ld * sizeof(float));
    op_norm_back(matrix(work->dx, n, d, ld), matrix(work->dy, n, d, ld), matrix(work->y, n, d, ld),
                 work->r_y);
    for (uint32_t l = net->config.n_layers; l-- > 0;) {
        mlp_back(net, work, params, n, l, grad);
        attention_back(net, work, params, n, l, grad);
        mix_back(net, work, params, n, l, grad);
    }
    op_add(work->dx0, work->dx, n * ld);
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
