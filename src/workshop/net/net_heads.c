/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands between the product of q, k and v and attention: bias, norm of each head, rotation, scale.
 *
 * Norms without gains need no values from before the rotation: their backward pass is the same in rotated
 * space, and its result is rotated back.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

/* A position's heads: of queries those that share a head of keys and values. */
struct place {
    size_t t, kv;
    size_t n;          /* heads */
    size_t column;     /* in a row of q, k and v */
    size_t at;         /* in the arrays by heads */
    size_t r_at;       /* in r_q or r_k */
    const float *gain; /* of the norm, or NULL */
};

static float score_scale(const struct net *net)
{
    const struct lm_shape *s = &net->shape;
    return s->score_scale != 0.0f ? s->score_scale : 1.0f / sqrtf((float)s->head_dim);
}

static struct place query_at(const struct net *net, const float *params, uint32_t layer, size_t t,
                             size_t kv)
{
    const size_t group = net_group(net), hs = net->shape.head_dim;
    return (struct place){t,
                          kv,
                          group,
                          kv * group * hs,
                          (kv * net->seq_len + t) * group * hs,
                          t * net->shape.n_heads + kv * group,
                          net_values(net, params, LM_Q_NORM, layer)};
}

static struct place key_at(const struct net *net, const float *params, uint32_t layer, size_t t,
                           size_t kv)
{
    const size_t hs = net->shape.head_dim;
    return (struct place){t,
                          kv,
                          1,
                          lm_head_columns(&net->shape) + kv * hs,
                          (kv * net->seq_len + t) * hs,
                          t * net->shape.n_kv_heads + kv,
                          net_values(net, params, LM_K_NORM, layer)};
}

/* Norms (hat: keeps the result before the gains) and rotates. */
static void turn(const struct net *net, const struct place *p, float *to, float *hat, float *r,
                 float *row)
{
    const size_t hs = net->shape.head_dim, n = p->n * hs;
    const struct matrix from = matrix(row + p->column, p->n, hs, hs);
    if (net_has(net, LM_QK_NORM))
        op_norm(matrix(to + p->at, p->n, hs, hs), r + p->r_at, from, net->shape.norm_epsilon);
    else
        memcpy(to + p->at, from.data, n * sizeof(float));
    if (p->gain)
        memcpy(hat + p->at, to + p->at, n * sizeof(float));
    for (size_t h = 0; h < p->n; h++) {
        float *head = to + p->at + h * hs;
        if (p->gain)
            op_times(head, p->gain, head, hs);
        op_rotate(head, net->rotary, p->t, net->shape.rope_dims, 1);
    }
}

static void scale_queries(const struct net *net, const float *params, uint32_t layer,
                          const struct place *p, float *q)
{
    const size_t hs = net->shape.head_dim;
    const float *gain = net_values(net, params, LM_Q_GAIN, layer);
    const float scale = score_scale(net);
    for (size_t h = 0; h < p->n; h++) {
        const float g = (gain ? gain[p->kv * p->n + h] : 1.0f) * scale;
        for (size_t i = 0; i < hs; i++)
            q[p->at + h * hs + i] *= g;
    }
}

void net_split_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                   uint32_t layer)
{
    const struct lm_shape *s = &net->shape;
    const size_t hs = s->head_dim, n_qkv = lm_qkv_rows(s), ld = net_stride(n_qkv);
    const float *bias = net_values(net, params, LM_QKV_B, layer);
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t++) {
        float *row = work->qkv + t * ld;
        if (bias)
            op_add(row, bias, n_qkv);
        for (size_t kv = 0; kv < s->n_kv_heads; kv++) {
            const struct place q = query_at(net, params, layer, t, kv);
            const struct place k = key_at(net, params, layer, t, kv);
            turn(net, &q, w->q, w->q_hat, w->r_q, row);
            scale_queries(net, params, layer, &q, w->q);
            turn(net, &k, w->k, w->k_hat, w->r_k, row);
            memcpy(w->v + k.at, row + k.column + s->n_kv_heads * hs, hs * sizeof(float));
        }
    }
    if (work->round_inputs)
        for (size_t kv = 0; kv < s->n_kv_heads; kv++) {
            const size_t at = kv * net->seq_len * hs, group = net_group(net);
            op_round_rows(matrix(w->q + at * group, n * group, hs, hs));
            op_round_rows(matrix(w->k + at, n, hs, hs));
            op_round_rows(matrix(w->v + at, n, hs, hs));
        }
}

/* x: the rotated values, unscaled; only norms without gains need them. From dx to the gradient of the row; adds
 * that of the gains. */
static void turn_back(const struct net *net, const struct place *p, float *dx, const float *x,
                      const float *hat, const float *r, float *row, float *d_gain)
{
    const size_t hs = net->shape.head_dim, n_rot = net->shape.rope_dims;
    for (size_t h = 0; h < p->n; h++) {
        float *dh = dx + p->at + h * hs, *to = row + p->column + h * hs;
        const size_t at = p->at + h * hs;
        if (p->gain) {
            op_rotate(dh, net->rotary, p->t, n_rot, -1);
            op_fma(d_gain, dh, hat + at, hs);
            op_times(dh, p->gain, dh, hs);
            op_norm_back(matrix(to, 1, hs, hs), matrix(dh, 1, hs, hs),
                         matrix((float *)(uintptr_t)(hat + at), 1, hs, hs), r + p->r_at + h);
            continue;
        }
        if (net_has(net, LM_QK_NORM))
            op_norm_back(matrix(to, 1, hs, hs), matrix(dh, 1, hs, hs),
                         matrix((float *)(uintptr_t)(x + at), 1, hs, hs), r + p->r_at + h);
        else
            memcpy(to, dh, hs * sizeof(float));
        op_rotate(to, net->rotary, p->t, n_rot, -1);
    }
}

/* Undoes the scale of q, and scales dq. */
static void unscale_queries(const struct net *net, const float *params, uint32_t layer,
                            const struct place *p, float *q, float *dq, float *d_gain)
{
    const size_t hs = net->shape.head_dim;
    const float *gain = net_values(net, params, LM_Q_GAIN, layer);
    const float scale = score_scale(net);
    for (size_t h = 0; h < p->n; h++) {
        const size_t at = p->at + h * hs, head = p->kv * p->n + h;
        const float g = (gain ? gain[head] : 1.0f) * scale;
        if (gain)
            d_gain[head] += op_dot(dq + at, q + at, hs) / gain[head];
        for (size_t i = at; i < at + hs; i++) {
            q[i] /= g;
            dq[i] *= g;
        }
    }
}

void net_join_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                  uint32_t layer, float *grad)
{
    const struct lm_shape *s = &net->shape;
    const size_t hs = s->head_dim, n_qkv = lm_qkv_rows(s), ld = net_stride(n_qkv);
    float *d_gain = net_grad(net, grad, LM_Q_GAIN, layer);
    float *d_bias = net_grad(net, grad, LM_QKV_B, layer);
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t = 0; t < n; t++) {
        float *row = work->dqkv + t * ld;
        memset(row, 0, n_qkv * sizeof(float));
        for (size_t kv = 0; kv < s->n_kv_heads; kv++) {
            const struct place q = query_at(net, params, layer, t, kv);
            const struct place k = key_at(net, params, layer, t, kv);
            unscale_queries(net, params, layer, &q, w->q, work->dq, d_gain);
            turn_back(net, &q, work->dq, w->q, w->q_hat, w->r_q, row,
                      net_grad(net, grad, LM_Q_NORM, layer));
            turn_back(net, &k, work->dk, w->k, w->k_hat, w->r_k, row,
                      net_grad(net, grad, LM_K_NORM, layer));
            memcpy(row + k.column + s->n_kv_heads * hs, work->dv + k.at, hs * sizeof(float));
        }
        if (d_bias)
            op_add(d_bias, row, n_qkv);
    }
}
