/* SPDX-License-Identifier: Apache-2.0
 *
 * What is trained of a model, and the weights that follow from it: all parameters, or by LoRA (arXiv 2106.09685) two
 * narrow matrices beside each matrix of the layers, W + 2 B A.
 *
 * What made the model smaller stays. A matrix of which a tenth or more is zero was pruned, and its zeros stay zero.
 * A matrix of few bits keeps the scale and the minimum of each group: the network computes with the nearest number, and
 * the gradient passes through as if it had not been rounded.
 *
 *     adapter_open -> { adapter_apply -> gradient of adapter.weights -> adapter_update }* -> adapter_export
 */
#ifndef TACIT_WORKSHOP_RECOVER_ADAPTER_H
#define TACIT_WORKSHOP_RECOVER_ADAPTER_H

#include "workshop/net/net.h"
#include "workshop/train/optim.h"

struct adapter {
    const struct lm_model *model; /* that it began from */
    const struct net *net;
    uint32_t rank;  /* of LoRA; 0: all parameters */
    float *weights; /* [net->n_params + n_more]: what the network computes with */
    /* [n]: what is trained, its gradient, and the optimiser's two means. x is `weights` itself if all parameters are trained
     * and none is of few bits; grad is the network's if all are. */
    float *x, *grad, *m, *v;
    size_t n, n_more; /* the last n_more are of no tensor: they lie behind the weights, too */
    uint8_t *keeps;   /* [net->n_params]: 0 for a weight that stays zero; NULL: none does */
    size_t n_masked, n_zeros; /* matrices that were pruned, and weights that stay zero */
    size_t n_few;             /* matrices of 2 to 7 bits */
    struct optim_work optim;
};

/* net: opened for the model; both outlive the adapter. n_more: numbers that are trained besides, such as net_lesson.h's
 * maps; zeros at first. TACIT_ERR_MEMORY. On failure there is nothing to close. */
enum tacit_status adapter_open(struct adapter *a, const struct net *net,
                               const struct lm_model *model, uint32_t rank, size_t n_more);
void adapter_close(struct adapter *a);

/* For a model of int8 and rank 0: random weights instead of the model's, of which none stays zero. */
void adapter_start_anew(struct adapter *a, uint64_t seed);
/* The n_more of x. */
static inline float *adapter_more(const struct adapter *a)
{
    return a->x + (a->n - a->n_more);
}

/* Makes the weights from x. */
void adapter_apply(struct adapter *a);

/* One step of Adam on x; weight_grad [net->n_params + n_more]: of the weights, is overwritten. n_done: steps before. Returns the gradient's norm. */
double adapter_update(struct adapter *a, float *weight_grad, float learning_rate, uint64_t n_done);

/* The model with these weights: matrices of few bits stay so, all others are int8. Errors as lm_model_build. */
enum tacit_status adapter_export(const struct adapter *a, struct lm_model **made);

#endif
