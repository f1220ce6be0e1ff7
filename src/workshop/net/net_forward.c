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

struct matrix net_gained(const struct net_work *w, struct matrix x, const float *gain)
{
    if (!gain)
        return x;
    for (size_t t = 0; t < x.n_rows; t++)
        op_times(w->gained + t * x.stride, gain, x.data + t * x.stride, x.n_cols);
    return matrix(w->gained, x.n_rows, x.n_cols, x.stride);
}

static void embed_hashes(const struct net *net, struct net_work *w, const float *params, size_t n,
                         const uint32_t *ids)
{
    const size_t d = net->shape.width, hs = net->shape.hash_size, ld_hash = net_stride(2 * hs);
    for (size_t t = 0; t < n; t++) {
        memcpy(w->hash + t * ld_hash,
               params + net->at[LM_BIGRAM] + net_hash_row(net, ids, t, 2) * hs, hs * sizeof(float));
        memcpy(w->hash + t * ld_hash + hs,
               params + net->at[LM_TRIGRAM] + net_hash_row(net, ids, t, 3) * hs,
               hs * sizeof(float));
    }
    linear(w, matrix(w->x0_raw, n, d, net_stride(d)), matrix(w->hash, n, 2 * hs, ld_hash),
           params + net->at[LM_HASH_PROJECTION], false);
}

static void embed(const struct net *net, struct net_work *w, const float *params, size_t n,
                  const uint32_t *ids)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const float *smear = net_values(net, params, LM_SMEAR, 0);
    const float *gain = net_values(net, params, LM_EMBED_NORM, 0);
    for (size_t t = 0; t < n; t++)
        memcpy(w->e + t * ld, params + net->at[LM_EMBEDDING] + ids[t] * d, d * sizeof(float));
    if (net_has(net, LM_WITH_HASHES))
        embed_hashes(net, w, params, n, ids);
    else
        memset(w->x0_raw, 0, n * ld * sizeof(float));
    for (size_t t = 0; t < n; t++) {
        op_add(w->x0_raw + t * ld, w->e + t * ld, d);
        if (smear && t > 0)
            op_fma(w->x0_raw + t * ld, smear, w->e + (t - 1) * ld, d);
    }
    if (net_has(net, LM_WITH_EMBED_NORM))
        op_norm(matrix(w->x0, n, d, ld), w->r_x0, matrix(w->x0_raw, n, d, ld),
                net->shape.norm_epsilon);
    else
        memcpy(w->x0, w->x0_raw, n * ld * sizeof(float));
    for (size_t t = 0; gain && t < n; t++)
        op_times(w->x0 + t * ld, gain, w->x0 + t * ld, d);
    memcpy(w->layer[0].x, w->x0, n * ld * sizeof(float));
}

/* x, the layer's exit, begins as the mix of its entry and the embedded input, or as the entry. */
static void enter(const struct net *net, struct net_work *work, const float *params, size_t n,
                  uint32_t layer)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const float *mix_x = net_values(net, params, LM_MIX_X, layer);
    const float *mix_x0 = net_values(net, params, LM_MIX_X0, layer);
    float *x = work->layer[layer + 1].x;
    if (!mix_x)
        memcpy(x, work->layer[layer].x, n * ld * sizeof(float));
    for (size_t t = 0; mix_x && t < n; t++) {
        memset(x + t * ld, 0, d * sizeof(float));
        op_fma(x + t * ld, mix_x, work->layer[layer].x + t * ld, d);
        op_fma(x + t * ld, mix_x0, work->x0 + t * ld, d);
    }
}

/* x += o W^T, by the columns of W that belong to a head of keys and values. */
static void project(const struct net *net, struct net_work *work, const float *params, size_t n,
                    uint32_t layer)
{
    const size_t d = net->shape.width, heads = lm_head_columns(&net->shape);
    const size_t part = net_group(net) * net->shape.head_dim;
    const float *bias = net_values(net, params, LM_OUT_B, layer);
    const float *weights = net_values(net, params, LM_OUT, layer);
    const struct matrix x = matrix(work->layer[layer + 1].x, n, d, net_stride(d));
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++) {
        const struct matrix o =
            matrix(work->layer[layer].o + kv * net->seq_len * part, n, part, part);
        if (work->round_inputs)
            op_round_rows(o);
        matmul_run(&work->mm, x, operand(o.data, part), transposed(weights + kv * part, heads),
                   part, true);
    }
    for (size_t t = 0; bias && t < n; t++)
        op_add(x.data + t * x.stride, bias, d);
}

/* In blocks, so that the inner values are still in the cache when they are needed again. */
static void run_mlp(const struct net *net, struct net_work *work, const float *params, size_t n,
                    uint32_t layer)
{
    const size_t d = net->shape.width, ld = net_stride(d), mlp = net->shape.n_hidden;
    const size_t n_up = lm_up_rows(&net->shape), ld_up = net_stride(n_up);
    float *x = work->layer[layer + 1].x;
    for (size_t t = 0; t < n; t += NET_MLP_BLOCK) {
        const size_t rows = n - t < NET_MLP_BLOCK ? n - t : NET_MLP_BLOCK;
        const struct matrix m = net_gained(work, matrix(work->layer[layer].m + t * ld, rows, d, ld),
                                           net_values(net, params, LM_FFN_NORM, layer));
        const struct matrix u = matrix(work->layer[layer].u + t * ld_up, rows, n_up, ld_up);
        const struct matrix h = matrix(work->h, rows, mlp, net_stride(mlp));
        linear(work, u, m, net_values(net, params, LM_UP, layer), false);
        if (net->shape.activation == LM_ACT_SWIGLU)
            op_swiglu(h, u);
        else
            op_relu2(h, u);
        linear(work, matrix(x + t * ld, rows, d, ld), h, net_values(net, params, LM_DOWN, layer),
               true);
    }
}

static void run_layer(const struct net *net, struct net_work *work, const float *params, size_t n,
                      uint32_t layer)
{
    const size_t d = net->shape.width, ld = net_stride(d), n_qkv = lm_qkv_rows(&net->shape);
    struct net_layer_work *w = &work->layer[layer];
    const float epsilon = net->shape.norm_epsilon;
    const struct matrix x = matrix(work->layer[layer + 1].x, n, d, ld), a = matrix(w->a, n, d, ld);
    enter(net, work, params, n, layer);
    op_norm(a, w->r_a, x, epsilon);
    linear(work, matrix(work->qkv, n, n_qkv, net_stride(n_qkv)),
           net_gained(work, a, net_values(net, params, LM_ATTN_NORM, layer)),
           net_values(net, params, LM_QKV, layer), false);
    net_split_qkv(net, work, params, n, layer);
    net_attend(net, work, params, n, layer);
    project(net, work, params, n, layer);
    op_norm(matrix(w->m, n, d, ld), w->r_m, x, epsilon);
    run_mlp(net, work, params, n, layer);
}

void net_forward(const struct net *net, struct net_work *work, const float *params, size_t n,
                 const uint32_t *ids)
{
    const size_t d = net->shape.width, ld = net_stride(d), n_layers = net->shape.n_layers;
    const float *gain = net_values(net, params, LM_FINAL_NORM, 0);
    embed(net, work, params, n, ids);
    for (uint32_t l = 0; l < n_layers; l++)
        run_layer(net, work, params, n, l);
    op_norm(matrix(work->y_hat, n, d, ld), work->r_y, matrix(work->layer[n_layers].x, n, d, ld),
            net->shape.norm_epsilon);
    for (size_t t = 0; gain && t < n; t++)
        op_times(work->y + t * ld, gain, work->y_hat + t * ld, d);
    if (work->round_inputs)
        op_round_rows(matrix(work->y, n, d, ld));
}
