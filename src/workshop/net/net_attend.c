/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention over a sliding window, for one head of keys and values after the other. A group of query heads
 * shares it, so the queries of NET_ATTEND_BLOCK positions times the group form one matrix against the keys of
 * the block and of the window before it. No array of size sequence x window is kept: the backward pass computes the
 * scores again from the saved log-sums.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

struct block {
    size_t t0, n;      /* positions */
    size_t k0, n_keys; /* keys in reach of any of them */
    size_t stride;     /* of a score row */
    size_t window;
};

static struct block block_at(const struct net *net, uint32_t layer, size_t t0, size_t n)
{
    struct block b = {.t0 = t0, .window = net_window(net, layer)};
    b.n = n - t0 < NET_ATTEND_BLOCK ? n - t0 : NET_ATTEND_BLOCK;
    b.k0 = t0 + 1 > b.window ? t0 + 1 - b.window : 0;
    b.n_keys = t0 + b.n - b.k0;
    b.stride = net_stride(b.n_keys);
    return b;
}

/* Where the window of position t begins and ends, in keys of the block. */
static size_t reach_begin(const struct block *b, size_t t)
{
    return t + 1 > b->window + b->k0 ? t + 1 - b->window - b->k0 : 0;
}

static size_t reach_end(const struct block *b, size_t t)
{
    return t + 1 - b->k0;
}

/* One head of keys and values, and the group of query heads that share it. */
struct shared_head {
    size_t group, size;
    size_t first;      /* query head */
    size_t q_at, k_at; /* in the arrays of queries, and of keys and values */
    size_t lse_at;
    const float *sink; /* of the group, or NULL */
};

static struct shared_head head_at(const struct net *net, const float *params, uint32_t layer,
                                  size_t kv)
{
    struct shared_head h = {.group = net_group(net), .size = net->shape.head_dim};
    const float *sinks = net_values(net, params, LM_SINK_SCORE, layer);
    h.first = kv * h.group;
    h.k_at = kv * net->seq_len * h.size;
    h.q_at = h.k_at * h.group;
    h.lse_at = kv * net->seq_len * h.group;
    h.sink = sinks ? sinks + h.first : NULL;
    return h;
}

static float sink_of(const struct shared_head *h, size_t query)
{
    return h->sink ? h->sink[query] : -1e30f;
}

static void attend(const struct net *net, struct net_work *work, size_t n, uint32_t layer,
                   const struct shared_head *h)
{
    const size_t hs = h->size, heads = h->group;
    struct net_layer_work *w = &work->layer[layer];
    for (size_t t0 = 0; t0 < n; t0 += NET_ATTEND_BLOCK) {
        const struct block b = block_at(net, layer, t0, n);
        const size_t rows = b.n * heads, at = h->q_at + t0 * heads * hs;
        matmul_run(&work->mm, matrix(work->scores, rows, b.n_keys, b.stride),
                   operand(w->q + at, hs), transposed(w->k + h->k_at + b.k0 * hs, hs), hs, false);
        for (size_t r = 0; r < rows; r++) {
            const size_t t = t0 + r / heads;
            w->lse[h->lse_at + t0 * heads + r] =
                op_softmax(work->scores + r * b.stride, b.n_keys, reach_begin(&b, t),
                           reach_end(&b, t), sink_of(h, r % heads));
        }
        matmul_run(&work->mm, matrix(w->o + at, rows, hs, hs), operand(work->scores, b.stride),
                   operand(w->v + h->k_at + b.k0 * hs, hs), b.n_keys, false);
    }
}

void net_attend(const struct net *net, struct net_work *work, const float *params, size_t n,
                uint32_t layer)
{
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++) {
        const struct shared_head h = head_at(net, params, layer, kv);
        attend(net, work, n, layer, &h);
    }
}

static void attend_back(const struct net *net, struct net_work *work, size_t n, uint32_t layer,
                        const struct shared_head *h, float *d_sink)
{
    const size_t hs = h->size, heads = h->group;
    struct net_layer_work *w = &work->layer[layer];
    float *dk = work->dk + h->k_at, *dv = work->dv + h->k_at;
    memset(dk, 0, n * hs * sizeof(float));
    memset(dv, 0, n * hs * sizeof(float));
    for (size_t t0 = 0; t0 < n; t0 += NET_ATTEND_BLOCK) {
        const struct block b = block_at(net, layer, t0, n);
        const size_t rows = b.n * heads, at = h->q_at + t0 * heads * hs;
        const float *k = w->k + h->k_at + b.k0 * hs, *v = w->v + h->k_at + b.k0 * hs;
        float *p = work->scores, *dp = work->scores_2;
        matmul_run(&work->mm, matrix(p, rows, b.n_keys, b.stride), operand(w->q + at, hs),
                   transposed(k, hs), hs, false);
        matmul_run(&work->mm, matrix(dp, rows, b.n_keys, b.stride), operand(work->do_ + at, hs),
                   transposed(v, hs), hs, false);
        for (size_t r = 0; r < rows; r++) {
            const size_t t = t0 + r / heads, i = at + r * hs;
            const float lse = w->lse[h->lse_at + t0 * heads + r],
                        d = op_dot(work->do_ + i, w->o + i, hs);
            op_exp_lse(p + r * b.stride, b.n_keys, reach_begin(&b, t), reach_end(&b, t), lse);
            op_softmax_back(dp + r * b.stride, p + r * b.stride, d, b.n_keys);
            if (d_sink)
                d_sink[r % heads] -= expf(h->sink[r % heads] - lse) * d;
        }
        matmul_run(&work->mm, matrix(work->dq + at, rows, hs, hs), operand(dp, b.stride),
                   operand(k, hs), b.n_keys, false);
        matmul_run(&work->mm, matrix(dk + b.k0 * hs, b.n_keys, hs, hs), transposed(dp, b.stride),
                   operand(w->q + at, hs), rows, true);
        matmul_run(&work->mm, matrix(dv + b.k0 * hs, b.n_keys, hs, hs), transposed(p, b.stride),
                   operand(work->do_ + at, hs), rows, true);
    }
}

void net_attend_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad)
{
    float *d_sinks = net_grad(net, grad, LM_SINK_SCORE, layer);
    for (size_t kv = 0; kv < net->shape.n_kv_heads; kv++) {
        const struct shared_head h = head_at(net, params, layer, kv);
        attend_back(net, work, n, layer, &h, d_sinks ? d_sinks + h.first : NULL);
    }
}
