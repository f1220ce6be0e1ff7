/* SPDX-License-Identifier: Apache-2.0
 *
 * The soft-capped softmax over the vocabulary, its loss and gradient. The vocabulary is taken in
 * panels of NET_LOSS_PANEL tokens, once for the sum of exponentials and, for a gradient, once more
 * with the logits computed again. A panel stays in the second-level cache; the logits of a whole
 * sequence are never stored.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

struct panel {
    size_t begin, n; /* tokens; the last one, BOS, is not in the sums */
    size_t n_summed;
    size_t stride;
};

static struct panel panel_at(const struct net *net, size_t begin)
{
    const size_t v = net->config.n_vocab;
    struct panel p = {.begin = begin, .stride = net_stride(NET_LOSS_PANEL)};
    p.n = v - begin < NET_LOSS_PANEL ? v - begin : NET_LOSS_PANEL;
    p.n_summed = begin + p.n == v ? p.n - 1 : p.n;
    return p;
}

static void make_logits(const struct net *net, struct net_work *w, const float *params, size_t n,
                        const struct panel *p)
{
    const size_t d = net->config.width;
    matmul_run(&w->mm, matrix(w->logits, n, p->n, p->stride), operand(w->y, net_stride(d)),
               transposed(params + net->embed + p->begin * d, d), d, false);
}

static bool is_target(const struct panel *p, uint16_t target)
{
    return target >= p->begin && target < p->begin + p->n_summed;
}

double net_loss(const struct net *net, struct net_work *w, const float *params, size_t n,
                const uint16_t *targets)
{
    const float cap = net->config.logit_cap;
    const uint16_t bos = (uint16_t)(net->config.n_vocab - 1);
    double loss = 0;
    memset(w->lse, 0, n * sizeof *w->lse);
    for (size_t begin = 0; begin < net->config.n_vocab; begin += NET_LOSS_PANEL) {
        const struct panel p = panel_at(net, begin);
        make_logits(net, w, params, n, &p);
        for (size_t t = 0; t < n; t++) {
            const float *row = w->logits + t * p.stride;
            w->lse[t] += op_capped_sum(row, p.n_summed, cap);
            if (is_target(&p, targets[t])) {
                const float l = row[targets[t] - begin];
                loss -= (double)(cap * l / sqrtf(l * l + cap * cap));
            }
        }
    }
    for (size_t t = 0; t < n; t++) {
        w->lse[t] = cap + logf(w->lse[t]);
        if (targets[t] != bos)
            loss += (double)w->lse[t];
    }
    return loss;
}

void net_loss_back(const struct net *net, struct net_work *w, const float *params, size_t n,
                   const uint16_t *targets, float scale, float *grad)
{
    const size_t d = net->config.width, ld = net_stride(d);
    const float cap = net->config.logit_cap;
    const uint16_t bos = (uint16_t)(net->config.n_vocab - 1);
    for (size_t begin = 0; begin < net->config.n_vocab; begin += NET_LOSS_PANEL) {
        const struct panel p = panel_at(net, begin);
        make_logits(net, w, params, n, &p);
        for (size_t t = 0; t < n; t++) {
            float *row = w->logits + t * p.stride;
            const bool here = is_target(&p, targets[t]);
            op_capped_back(row, p.n_summed, cap, w->lse[t], targets[t] == bos ? 0 : scale,
                           here ? targets[t] - begin : p.n_summed);
            if (p.n_summed < p.n)
                row[p.n_summed] = 0;
        }
        matmul_run(&w->mm, matrix(w->dy, n, d, ld), operand(w->logits, p.stride),
                   operand(params + net->embed + begin * d, d), p.n, begin > 0);
        matmul_run(&w->mm, matrix(grad + net->embed + begin * d, p.n, d, d),
                   transposed(w->logits, p.stride), operand(w->y, ld), n, true);
    }
}
