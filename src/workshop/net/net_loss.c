/* SPDX-License-Identifier: Apache-2.0
 *
 * The softmax over the vocabulary, soft-capped or not, its loss and gradient. The vocabulary is taken in
 * panels of NET_LOSS_PANEL tokens, once for the sum of exponentials and, for a gradient, once more
 * with the logits computed again. A panel stays in the second-level cache; the logits of a whole
 * sequence are never stored.
 */
#include "workshop/net/net.h"

#include <math.h>
#include <string.h>

#include "workshop/net/ops.h"

struct panel {
    size_t begin,
        n; /* tokens; the last one is not in the sums if it is BOS that is never predicted */
    size_t n_summed;
    size_t stride;
};

static struct panel panel_at(const struct net *net, size_t begin)
{
    const size_t v = net->shape.n_vocab;
    struct panel p = {.begin = begin, .stride = net_stride(NET_LOSS_PANEL)};
    p.n = v - begin < NET_LOSS_PANEL ? v - begin : NET_LOSS_PANEL;
    p.n_summed = begin + p.n == v && net_has(net, LM_BOS_LAST) ? p.n - 1 : p.n;
    return p;
}

static void make_logits(const struct net *net, struct net_work *w, const float *params, size_t n,
                        const struct panel *p)
{
    const size_t d = net->shape.width;
    matmul_run(&w->mm, matrix(w->logits, n, p->n, p->stride), operand(w->y, net_stride(d)),
               transposed(params + net_at(net, net_head(net), 0) + p->begin * d, d), d, false);
}

static bool is_target(const struct panel *p, uint32_t target)
{
    return target >= p->begin && target < p->begin + p->n_summed;
}

/* The target that does not count, if there is one. */
static uint32_t unpredicted(const struct net *net)
{
    return net_has(net, LM_BOS_LAST) ? net->shape.n_vocab - 1 : UINT32_MAX;
}

static float capped(float logit, float cap)
{
    return cap > 0 ? cap * logit / sqrtf(logit * logit + cap * cap) : logit;
}

double net_loss(const struct net *net, struct net_work *w, const float *params, size_t n,
                const uint32_t *targets)
{
    const float cap = net->shape.logit_cap;
    const uint32_t bos = unpredicted(net);
    double loss = 0;
    memset(w->lse, 0, n * sizeof *w->lse);
    for (size_t begin = 0; begin < net->shape.n_vocab; begin += NET_LOSS_PANEL) {
        const struct panel p = panel_at(net, begin);
        make_logits(net, w, params, n, &p);
        for (size_t t = 0; t < n; t++) {
            const float *row = w->logits + t * p.stride;
            if (cap > 0)
                w->lse[t] += op_capped_sum(row, p.n_summed, cap);
            else
                op_exp_sum(&w->lse[t], &w->top[t], row, p.n_summed);
            if (is_target(&p, targets[t]))
                loss -= (double)capped(row[targets[t] - begin], cap);
        }
    }
    for (size_t t = 0; t < n; t++) {
        w->lse[t] = (cap > 0 ? cap : w->top[t]) + logf(w->lse[t]);
        if (targets[t] != bos)
            loss += (double)w->lse[t];
    }
    return loss;
}

/* The panel's logits become their gradient. */
static void panel_back(const struct net *net, struct net_work *w, size_t n, const struct panel *p,
                       const uint32_t *targets, float scale, const struct net_teacher *teacher)
{
    const float cap = net->shape.logit_cap;
    const uint32_t bos = unpredicted(net);
    for (size_t t = 0; t < n; t++) {
        float *row = w->logits + t * p->stride;
        const size_t target = is_target(p, targets[t]) ? targets[t] - p->begin : p->n_summed;
        const float by = targets[t] == bos ? 0 : scale;
        if (teacher) {
            const struct op_lesson lesson = {teacher->work->logits + t * p->stride,
                                             teacher->net->shape.logit_cap, teacher->work->lse[t],
                                             teacher->share};
            op_teach_back(row, p->n_summed, cap, w->lse[t], by, target, &lesson);
        } else if (cap > 0)
            op_capped_back(row, p->n_summed, cap, w->lse[t], by, target);
        else
            op_exp_back(row, p->n_summed, w->lse[t], by, target);
        if (p->n_summed < p->n)
            row[p->n_summed] = 0;
    }
}

void net_loss_back(const struct net *net, struct net_work *w, const float *params, size_t n,
                   const uint32_t *targets, float scale, float *grad,
                   const struct net_teacher *teacher)
{
    const size_t d = net->shape.width, ld = net_stride(d), head = net_at(net, net_head(net), 0);
    for (size_t begin = 0; begin < net->shape.n_vocab; begin += NET_LOSS_PANEL) {
        const struct panel p = panel_at(net, begin);
        make_logits(net, w, params, n, &p);
        if (teacher)
            make_logits(teacher->net, teacher->work, teacher->params, n, &p);
        panel_back(net, w, n, &p, targets, scale, teacher);
        matmul_run(&w->mm, matrix(w->dy, n, d, ld), operand(w->logits, p.stride),
                   operand(params + head + begin * d, d), p.n, begin > 0);
        if (!net->tables_are_frozen)
            matmul_run(&w->mm, matrix(grad + head + begin * d, p.n, d, d),
                       transposed(w->logits, p.stride), operand(w->y, ld), n, true);
    }
}
