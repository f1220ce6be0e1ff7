/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of a batch of windows, on several threads. Each window's gradient is summed in an array of its own, and these
 * are added in the windows' order: the result is the same for any number of threads. Memory: an array of the parameters' size
 * and one sequence's activations for each thread, and one array more.
 *
 *     batch_gradient_open -> batch_gradient_run* -> batch_gradient_close
 */
#ifndef TACIT_WORKSHOP_RECOVER_BATCH_GRADIENT_H
#define TACIT_WORKSHOP_RECOVER_BATCH_GRADIENT_H

#include "base/threads/crew.h"
#include "workshop/recover/teacher.h"

enum { BATCH_WINDOWS = 4 };

/* What one thread works with. */
struct batch_member {
    struct net_work work;
    struct teacher_view view;
    float *grad; /* [n], of one window */
};

struct batch_gradient {
    const struct net *net;
    struct crew *crew;
    struct batch_member member[BATCH_WINDOWS];
    unsigned n_threads;
    size_t n;   /* of the parameters, with those behind them */
    float *sum; /* [n], of the batch */
    /* of the run that goes on */
    const float *weights;
    const uint32_t *ids;
    size_t n_targets;
    float scale;
    double nats[BATCH_WINDOWS];
};

/* teacher: opened, or without a file: none. n: the floats of a gradient. n_threads 0: one for each processor; never more than
 * BATCH_WINDOWS. The net and the teacher outlive it. TACIT_ERR_MEMORY, TACIT_ERR_THREAD; the caller closes it after a failure
 * too. */
enum tacit_status batch_gradient_open(struct batch_gradient *b, const struct net *net,
                                      const struct teacher *teacher, unsigned sees, size_t n,
                                      unsigned n_threads);
void batch_gradient_close(struct batch_gradient *b);

/* ids: [BATCH_WINDOWS][n_targets + 1], each window's first input, and its targets. Writes to b->sum scale times the gradient
 * of net_run, or with a teacher of net_distil; returns the text's nats. */
double batch_gradient_run(struct batch_gradient *b, const float *weights, const uint32_t *ids,
                          size_t n_targets, float scale);

#endif
