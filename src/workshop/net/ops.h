/* SPDX-License-Identifier: Apache-2.0
 *
 * The trainer's element-wise operations, forward and backward, over float rows. Plain loops that
 * the compiler vectorises; they may reassociate sums and use fused multiply-add, so nothing that a
 * decoder must reproduce may come from here. `ld` is a row's stride in floats.
 */
#ifndef TACIT_WORKSHOP_NET_OPS_H
#define TACIT_WORKSHOP_NET_OPS_H

#include <stddef.h>
#include <stdint.h>

/* y = x / rms(x) for each row of n; r receives 1 / rms. */
void op_norm(size_t n_rows, size_t n, const float *x, size_t ldx, float *y, size_t ldy, float *r);
/* dx += the gradient through op_norm, from its output y and r. */
void op_norm_back(size_t n_rows, size_t n, const float *dy, size_t lddy, const float *y, size_t ldy,
                  const float *r, float *dx, size_t lddx);

/* u = max(u, 0) in place, h = u * u. */
void op_relu2(size_t n_rows, size_t n, float *u, float *h, size_t ld);
/* dh becomes du = 2 u dh; h = u * u is made again for the weight gradient. */
void op_relu2_back(size_t n_rows, size_t n, const float *u, float *h, float *dh, size_t ld);

/* The n_rot first elements of each head turn, in pairs (i, i + n_rot/2), by position * freq_i,
 * inverse when `sign` is -1. table holds cos and sin: [position][2][n_rot/2]. */
void op_rotate(float *head, const float *table, size_t position, size_t n_rot, float sign);

void op_add(size_t n, float *y, const float *x);
/* y += a * x element by element. */
void op_fma(size_t n, float *y, const float *a, const float *x);
/* y = keep * y + (1 - keep) * x. */
void op_average(size_t n, float keep, float *y, const float *x);
/* m = keep * m + g, y = g + keep * m. */
void op_momentum(size_t n, float keep, float *m, const float *g, float *y);
/* One step of Adam; fix_m and fix_v undo the start from zero. */
void op_adam(size_t n, float lr, float b1, float b2, float fix_m, float fix_v, float scale_g,
             float *x, const float *g, float *m, float *v);
float op_dot(size_t n, const float *a, const float *b);

/* One row of attention scores in place: s[begin..end) become exp(s - max) / sum with the sink's
 * weight in the sum, the rest 0. Returns log of the sum, sink included. */
float op_softmax(size_t n, size_t begin, size_t end, float sink, float *s);
/* s[begin..end) = exp(s - lse), the rest 0. */
void op_exp_lse(size_t n, size_t begin, size_t end, float lse, float *s);
/* ds = p * (dp - d) in dp. */
void op_softmax_back(size_t n, const float *p, float d, float *dp);

/* Logits l are soft-capped: z = cap l / sqrt(l^2 + cap^2). The sum of exp(z - cap) over n of them.
 */
float op_capped_sum(size_t n, float cap, const float *logits);
/* In place: scale times the gradient of -log p(target) in l, where p = exp(z - lse). target >= n:
 * it is not among these n. */
void op_capped_back(size_t n, float cap, float lse, float scale, size_t target, float *logits);

/* Rounds each row of n to 255 levels, scaled by its largest magnitude: what int8 storage would
 * keep. */
void op_round_rows(size_t n_rows, size_t n, float *x, size_t ld);

#endif
