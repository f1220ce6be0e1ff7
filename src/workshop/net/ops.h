/* SPDX-License-Identifier: Apache-2.0
 *
 * The trainer's element-wise operations, forward and backward, over float rows. Plain loops that
 * the compiler vectorises. They may reassociate sums and use fused multiply-add, so nothing that a
 * decoder must reproduce may use them. Results come first, counts last. The matrices of one call
 * have the same shape.
 */
#ifndef TACIT_WORKSHOP_NET_OPS_H
#define TACIT_WORKSHOP_NET_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "workshop/net/matrix.h"

/* y = x / rms(x) for each row; r, one a row, receives 1 / rms. epsilon is added to the mean square. */
void op_norm(struct matrix y, float *r, struct matrix x, float epsilon);
/* dx += the gradient through op_norm, from its output y and r. */
void op_norm_back(struct matrix dx, struct matrix dy, struct matrix y, const float *r);

/* u = max(u, 0) in place, h = u * u. */
void op_relu2(struct matrix h, struct matrix u);
/* dh becomes du = 2 u dh; h = u * u is computed again for the weight gradient. */
void op_relu2_back(struct matrix dh, struct matrix h, struct matrix u);

/* h = silu(gate) up; u has gate and up side by side. */
void op_swiglu(struct matrix h, struct matrix u);
/* From dh, the first half of du's columns, to du; h is computed again for the weight gradient. */
void op_swiglu_back(struct matrix du, struct matrix h, struct matrix u);

/* The n_rot first elements of each head turn, in pairs (i, i + n_rot/2), by position * freq_i,
 * inverse when `sign` is -1. table holds cos and sin: [position][2][n_rot/2]. */
void op_rotate(float *head, const float *table, size_t position, size_t n_rot, float sign);

void op_add(float *y, const float *x, size_t n);
/* y += a * x element by element. */
void op_fma(float *y, const float *a, const float *x, size_t n);
/* y = a * x element by element; y may be x. */
void op_times(float *y, const float *a, const float *x, size_t n);
/* y = keep * y + (1 - keep) * x. */
void op_average(float *y, const float *x, float keep, size_t n);
/* m = keep * m + g, y = g + keep * m. */
void op_momentum(float *y, float *m, const float *g, float keep, size_t n);
/* One step of Adam on x; m and v are the running means of the gradient g and of its square. fix_m and
 * fix_v undo the start of these from zero. */
struct op_adam_step {
    float lr, b1, b2, fix_m, fix_v;
    float scale_g; /* of g */
};
void op_adam(float *x, float *m, float *v, const float *g, const struct op_adam_step *step,
             size_t n);
float op_dot(const float *a, const float *b, size_t n);

/* One row of attention scores in place: s[begin..end) become exp(s - max) / sum with the sink's
 * weight in the sum, the rest 0. Returns log of the sum, sink included. */
float op_softmax(float *s, size_t n, size_t begin, size_t end, float sink);
/* s[begin..end) = exp(s - lse), the rest 0. */
void op_exp_lse(float *s, size_t n, size_t begin, size_t end, float lse);
/* ds = p * (dp - d) in dp. */
void op_softmax_back(float *dp, const float *p, float d, size_t n);

/* Logits l are soft-capped: z = cap l / sqrt(l^2 + cap^2). The sum of exp(z - cap) over n of them.
 */
float op_capped_sum(const float *logits, size_t n, float cap);
/* In place: scale times the gradient of -log p(target) in l, where p = exp(z - lse). target >= n:
 * it is not among these n. */
void op_capped_back(float *logits, size_t n, float cap, float lse, float scale, size_t target);

/* Without a cap: adds n more logits to a sum of exp(l - *top), where *top is the largest so far. Begins with
 * *sum = 0. */
void op_exp_sum(float *sum, float *top, const float *logits, size_t n);
/* op_capped_back without a cap. */
void op_exp_back(float *logits, size_t n, float lse, float scale, size_t target);

/* The same for a mixture of targets: 1 - share of it is the target, the rest a teacher's distribution over these n, given
 * by its logits. A cap of 0: none. */
struct op_lesson {
    const float *logits;
    float cap, lse, share;
};
void op_teach_back(float *logits, size_t n, float cap, float lse, float scale, size_t target,
                   const struct op_lesson *lesson);

/* Rounds each row to 255 levels, scaled by its largest magnitude: what int8 storage would keep. */
void op_round_rows(struct matrix x);

#endif
