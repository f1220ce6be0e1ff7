/* SPDX-License-Identifier: Apache-2.0
 *
 * The backward pass of one sequence. Gradients of parameters are added to `grad`;
 * work->dx carries the gradient of the residual stream from the last layer to the first.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/net_lesson.h"
#include "workshop/net/ops.h"

static struct matrix squared(float *to, struct matrix x)
{
    for (size_t t = 0; t < x.n_rows; t++)
        op_times(to + t * x.stride, x.data + t * x.stride, x.data + t * x.stride, x.n_cols);
    return matrix(to, x.n_rows, x.n_cols, x.stride);
}

/* Through y = x W^T: dW += dy^T x, or the sum of the squares that the positions add to it, or nothing. d_weights: with the stride of W. */
static void weights_back(struct net_work *w, struct matrix d_weights, struct matrix dy,
                         struct matrix x)
{
    if (w->exits)
        return;
    if (w->squares) {
        dy = squared(w->squares->dy, dy);
        x = squared(w->squares->x, x);
    }
    matmul_run(&w->mm, d_weights, transposed(dy.data, dy.stride), operand(x.data, x.stride),
               dy.n_rows, true);
}

/* The same, and dx = dy W. */
static void linear_back(struct net_work *w, struct matrix dx, float *d_weights, struct matrix dy,
                        struct matrix x, const float *weights)
{
    const size_t n_in = dx.n_cols, n_out = dy.n_cols;
    matmul_run(&w->mm, dx, operand(dy.data, dy.stride), operand(weights, n_in), n_out, false);
    weights_back(w, matrix(d_weights, n_out, n_in, n_in), dy, x);
}

/* Through y = x * gain: adds to d_gain, turns dy into dx in place. gain NULL: there is none. */
static void gain_back(float *d_gain, struct matrix dy, struct matrix x, const float *gain)
{
    for (size_t t = 0; gain && t < dy.n_rows; t++) {
        float *dyt = dy.data + t * dy.stride;
        op_fma(d_gain, dyt, x.data + t * x.stride, dy.n_cols);
        op_times(dyt, gain, dyt, dy.n_cols);
    }
}

/* From dx to the gradient of what attention made, by heads of keys and values. */
static void project_back(const struct net *net, struct net_work *work, const float *params,
                         size_t n, uint32_t layer, float *grad)
{
    const size_t d = net->shape.width, ld = net_stride(d), heads = lm_head_columns(&net->shape);
    const size_t part = net_group(net) * net->shape.head_dim;
    const float *weights = net_values(net, params, LM_OUT, layer);
    float *d_weights = net_grad(net, grad, LM_OUT, layer);
    float *d_bias = net_grad(net, grad, LM_OUT_B, layer);
    for (size_t t = 0; d_bias && t < n; t++)
        op_add(d_bias, work->dx + t * ld, d);
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++) {
        const size_t at = kv * net->seq_len * part;
        matmul_run(&work->mm, matrix(work->do_ + at, n, part, part), operand(work->dx, ld),
                   operand(weights + kv * part, heads), d, false);
        weights_back(work, matrix(d_weights + kv * part, d, part, heads),
                     matrix(work->dx, n, d, ld), matrix(work->layer[layer].o + at, n, part, part));
    }
}

static void attention_back(const struct net *net, struct net_work *work, const float *params,
                           size_t n, uint32_t layer, float *grad, const struct net_teacher *teacher)
{
    const size_t d = net->shape.width, ld = net_stride(d), n_qkv = lm_qkv_rows(&net->shape);
    const float *gain = net_values(net, params, LM_ATTN_NORM, layer);
    struct net_layer_work *w = &work->layer[layer];
    const struct matrix dx = matrix(work->dx, n, d, ld), dy = matrix(work->dy, n, d, ld);
    const struct matrix a = matrix(w->a, n, d, ld);
    project_back(net, work, params, n, layer, grad);
    net_attend_back(net, work, params, n, layer, grad);
    if (teacher && teacher->relations > 0)
        net_relations_back(net, work, n, layer, teacher);
    net_join_qkv(net, work, params, n, layer, grad);
    linear_back(work, dy, net_grad(net, grad, LM_QKV, layer),
                matrix(work->dqkv, n, n_qkv, net_stride(n_qkv)), net_gained(work, a, gain),
                net_values(net, params, LM_QKV, layer));
    gain_back(net_grad(net, grad, LM_ATTN_NORM, layer), dy, a, gain);
    op_norm_back(dx, dy, a, w->r_a);
}

static void mlp_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const size_t d = net->shape.width, ld = net_stride(d), mlp = net->shape.n_hidden;
    const size_t n_up = lm_up_rows(&net->shape), ld_up = net_stride(n_up), ld_h = net_stride(mlp);
    const float *gain = net_values(net, params, LM_FFN_NORM, layer);
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t += NET_MLP_BLOCK) {
        const size_t rows = n - t < NET_MLP_BLOCK ? n - t : NET_MLP_BLOCK;
        const struct matrix dh = matrix(work->dh + t * ld_up, rows, mlp, ld_up);
        const struct matrix h = matrix(work->h + t * ld_h, rows, mlp, ld_h);
        const struct matrix u = matrix(w->u + t * ld_up, rows, n_up, ld_up);
        matmul_run(&work->mm, dh, operand(work->dx + t * ld, ld),
                   operand(net_values(net, params, LM_DOWN, layer), mlp), d, false);
        if (net->shape.activation == LM_ACT_SWIGLU)
            op_swiglu_back(dh, h, u);
        else
            op_relu2_back(dh, h, u);
    }
    weights_back(work, matrix(net_grad(net, grad, LM_DOWN, layer), d, mlp, mlp),
                 matrix(work->dx, n, d, ld), matrix(work->h, n, mlp, ld_h));
    const struct matrix dy = matrix(work->dy, n, d, ld), m = matrix(w->m, n, d, ld);
    linear_back(work, dy, net_grad(net, grad, LM_UP, layer), matrix(work->dh, n, n_up, ld_up),
                net_gained(work, m, gain), net_values(net, params, LM_UP, layer));
    gain_back(net_grad(net, grad, LM_FFN_NORM, layer), dy, m, gain);
    op_norm_back(matrix(work->dx, n, d, ld), dy, m, w->r_m);
}

static void mix_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const float *mix_x = net_values(net, params, LM_MIX_X, layer);
    for (size_t t = 0; mix_x && t < n; t++) {
        float *dx = work->dx + t * ld;
        op_fma(net_grad(net, grad, LM_MIX_X, layer), dx, work->layer[layer].x + t * ld, d);
        op_fma(net_grad(net, grad, LM_MIX_X0, layer), dx, work->x0 + t * ld, d);
        op_fma(work->dx0 + t * ld, dx, net_values(net, params, LM_MIX_X0, layer), d);
        op_times(dx, mix_x, dx, d);
    }
}

static void hashes_back(const struct net *net, struct net_work *w, const float *params, size_t n,
                        const uint32_t *ids, float *grad)
{
    const size_t d = net->shape.width, hs = net->shape.hash_size;
    /* The rows themselves are no longer needed once their product is done: dh holds their gradient.
     */
    linear_back(w, matrix(w->dh, n, 2 * hs, 2 * hs), grad + net->at[LM_HASH_PROJECTION],
                matrix(w->dy, n, d, net_stride(d)), matrix(w->hash, n, 2 * hs, net_stride(2 * hs)),
                params + net->at[LM_HASH_PROJECTION]);
    for (size_t t = 0; t < n; t++) {
        const float *dh = w->dh + t * 2 * hs;
        op_add(grad + net->at[LM_BIGRAM] + net_hash_row(net, ids, t, 2) * hs, dh, hs);
        op_add(grad + net->at[LM_TRIGRAM] + net_hash_row(net, ids, t, 3) * hs, dh + hs, hs);
    }
}

/* From dx0 to the gradient of the sum before the norm, in dy. */
static void embed_norm_back(const struct net *net, struct net_work *w, const float *params,
                            size_t n, float *grad)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const float *gain = net_values(net, params, LM_EMBED_NORM, 0);
    if (!net_has(net, LM_WITH_EMBED_NORM)) {
        memcpy(w->dy, w->dx0, n * ld * sizeof(float));
        return;
    }
    if (gain) /* x0 is not needed any more: without its gain it is what the norm made */
        op_norm(matrix(w->x0, n, d, ld), w->r_x0, matrix(w->x0_raw, n, d, ld),
                net->shape.norm_epsilon);
    gain_back(net_grad(net, grad, LM_EMBED_NORM, 0), matrix(w->dx0, n, d, ld),
              matrix(w->x0, n, d, ld), gain);
    memset(w->dy, 0, n * ld * sizeof(float));
    op_norm_back(matrix(w->dy, n, d, ld), matrix(w->dx0, n, d, ld), matrix(w->x0, n, d, ld),
                 w->r_x0);
}

static void embed_back(const struct net *net, struct net_work *w, const float *params, size_t n,
                       const uint32_t *ids, float *grad)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const float *smear = net_values(net, params, LM_SMEAR, 0);
    float *d_smear = net_grad(net, grad, LM_SMEAR, 0), *d_embed = grad + net->at[LM_EMBEDDING];
    embed_norm_back(net, w, params, n, grad);
    for (size_t t = 0; t < n; t++) {
        const float *dyt = w->dy + t * ld;
        if (!net->tables_are_frozen)
            op_add(d_embed + ids[t] * d, dyt, d);
        if (!smear || t == 0)
            continue;
        if (!net->tables_are_frozen)
            op_fma(d_embed + ids[t - 1] * d, dyt, smear, d);
        op_fma(d_smear, dyt, w->e + (t - 1) * ld, d);
    }
    if (net_has(net, LM_WITH_HASHES))
        hashes_back(net, w, params, n, ids, grad);
}

void net_backward(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint32_t *ids, float *grad, const struct net_teacher *teacher)
{
    const size_t d = net->shape.width, ld = net_stride(d);
    const struct matrix y_hat = matrix(work->y_hat, n, d, ld);
    memset(work->dx, 0, n * ld * sizeof(float));
    memset(work->dx0, 0, n * ld * sizeof(float));
    gain_back(net_grad(net, grad, LM_FINAL_NORM, 0), matrix(work->dy, n, d, ld), y_hat,
              net_values(net, params, LM_FINAL_NORM, 0));
    op_norm_back(matrix(work->dx, n, d, ld), matrix(work->dy, n, d, ld), y_hat, work->r_y);
    for (uint32_t l = net->shape.n_layers; l-- > 0;) {
        if (work->exits)
            memcpy(work->exits + l * net->seq_len * ld, work->dx, n * ld * sizeof(float));
        if (teacher && (teacher->hidden > 0 || teacher->gradients > 0))
            net_hidden_back(net, work, params, n, l, grad, teacher);
        mlp_back(net, work, params, n, l, grad);
        attention_back(net, work, params, n, l, grad, teacher);
        mix_back(net, work, params, n, l, grad);
    }
    op_add(work->dx0, work->dx, n * ld);
    embed_back(net, work, params, n, ids, grad);
}

double net_run(const struct net *net, struct net_work *work, const float *params, size_t n,
               const uint32_t *ids, const uint32_t *targets, float scale, float *grad)
{
    net_forward(net, work, params, n, ids);
    const double loss = net_loss(net, work, params, n, targets);
    if (grad) {
        net_loss_back(net, work, params, n, targets, scale, grad, NULL);
        net_backward(net, work, params, n, ids, grad, NULL);
    }
    return loss;
}

double net_distil(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint32_t *ids, const uint32_t *targets, float scale, float *grad,
                  const struct net_teacher *teacher)
{
    const bool shows_tokens = teacher->share > 0;
    struct net_teacher scaled = *teacher;
    scaled.hidden *= scale;
    scaled.relations *= scale;
    scaled.gradients *= scale;
    net_forward(teacher->net, teacher->work, teacher->params, n, ids);
    if (shows_tokens || teacher->gradients > 0)
        net_loss(teacher->net, teacher->work, teacher->params, n, targets);
    if (teacher->gradients > 0)
        net_lesson_gradients(teacher, n, ids, targets);
    net_forward(net, work, params, n, ids);
    const double loss = net_loss(net, work, params, n, targets);
    net_loss_back(net, work, params, n, targets, scale, grad, shows_tokens ? teacher : NULL);
    net_backward(net, work, params, n, ids, grad, &scaled);
    return loss;
}
