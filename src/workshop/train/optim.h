/* SPDX-License-Identifier: Apache-2.0
 *
 * The optimiser: Muon for matrices (momentum, then the nearest orthogonal matrix by Newton-Schulz
 * steps), Adam for tables and vectors. Its state is two floats a parameter.
 */
#ifndef TACIT_WORKSHOP_TRAIN_OPTIM_H
#define TACIT_WORKSHOP_TRAIN_OPTIM_H

#include "workshop/train/config.h"

struct optim_step {
    float lr_matrix, lr_table, lr_vector; /* of this step, schedule applied */
    float momentum, weight_decay;
    float clip_scale; /* factor on the gradient of tables and vectors */
    uint64_t n_done;  /* steps since the state was zero, for Adam's bias correction */
};

/* Scratch of one thread. */
struct optim_work {
    struct matmul mm;
    float *u, *x, *gram, *poly; /* sized for the largest matrix */
};

enum tacit_status optim_work_open(struct optim_work *work, const struct net *net, bool exact);
void optim_work_close(struct optim_work *work);

/* Updates one parameter of the table from its gradient; m and v are laid out like params. */
void optim_update(struct optim_work *work, const struct net_param *param,
                  const struct optim_step *step, float *params, const float *grad, float *m,
                  float *v);

/* The learning rate's factor at `step` of the plan; `resumed_at` is where this run began from
 * weights alone, or 0. */
float optim_schedule(const struct config *config, uint64_t step, uint64_t resumed_at);

#endif
