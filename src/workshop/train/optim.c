/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "workshop/net/ops.h"

static const float ADAM_B1 = 0.9f, ADAM_B2 = 0.95f;

enum { NEWTON_SCHULZ_STEPS = 5 };

float optim_schedule(const struct config *c, uint64_t step, uint64_t resumed_at)
{
    float factor = 1;
    if (step < c->warmup)
        factor = (float)(step + 1) / (float)c->warmup;
    if (resumed_at && step - resumed_at < c->rewarm)
        factor *= (float)(step - resumed_at + 1) / (float)c->rewarm;
    if (step >= c->n_steps)
        return 0;
    if (step >= c->decay_start)
        factor *= (float)(c->n_steps - step) / (float)(c->n_steps - c->decay_start);
    return factor;
}

enum tacit_status optim_work_open(struct optim_work *work, const struct net *net, bool exact)
{
    size_t largest = 0, widest = 0;
    for (size_t i = 0; i < net->n_table; i++) {
        const struct net_param *p = &net->table[i];
        if (p->kind != NET_MATRIX)
            continue;
        const size_t small = p->n_rows < p->n_cols ? p->n_rows : p->n_cols;
        largest = p->n_rows * p->n_cols > largest ? p->n_rows * p->n_cols : largest;
        widest = small > widest ? small : widest;
    }
    memset(work, 0, sizeof *work);
    work->u = malloc((largest + 1) * sizeof(float));
    work->x = malloc((largest + 1) * sizeof(float));
    work->gram = malloc((widest * widest + 1) * sizeof(float));
    work->poly = malloc((widest * widest + 1) * sizeof(float));
    if (!work->u || !work->x || !work->gram || !work->poly) {
        optim_work_close(work);
        return TACIT_ERR_MEMORY;
    }
    return matmul_open(&work->mm, exact);
}

void optim_work_close(struct optim_work *work)
{
    matmul_close(&work->mm);
    free(work->u);
    free(work->x);
    free(work->gram);
    free(work->poly);
    memset(work, 0, sizeof *work);
}

/* Moves x (n x k, n <= k) towards the nearest orthogonal matrix. The quintic's coefficients bring
 * every singular value into about 0.7 .. 1.2 in five steps. */
static void orthogonalise(struct optim_work *w, size_t n, size_t k)
{
    const float a = 3.4445f, b = -4.7750f, c = 2.0315f;
    double sum = 0;
    for (size_t i = 0; i < n * k; i++)
        sum += (double)w->x[i] * (double)w->x[i];
    const float inv = (float)(1.0 / (sqrt(sum) + 1e-20));
    for (size_t i = 0; i < n * k; i++)
        w->x[i] *= inv;
    for (int step = 0; step < NEWTON_SCHULZ_STEPS; step++) {
        matmul_run(&w->mm, matrix(w->gram, n, n, n), operand(w->x, k), transposed(w->x, k), k,
                   false);
        matmul_run(&w->mm, matrix(w->poly, n, n, n), operand(w->gram, n), operand(w->gram, n), n,
                   false);
        for (size_t i = 0; i < n * n; i++)
            w->poly[i] = b * w->gram[i] + c * w->poly[i];
        for (size_t i = 0; i < n; i++)
            w->poly[i * n + i] += a;
        matmul_run(&w->mm, matrix(w->u, n, k, k), operand(w->poly, n), operand(w->x, k), n, false);
        float *swap = w->x;
        w->x = w->u;
        w->u = swap;
    }
}

static void update_matrix(struct optim_work *w, const struct net_param *p,
                          const struct optim_step *step, float *params, const float *grad, float *m)
{
    const size_t rows = p->n_rows, cols = p->n_cols;
    const bool tall = rows > cols;
    op_momentum(tall ? w->u : w->x, m, grad, step->momentum, rows * cols);
    if (tall)
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < cols; j++)
                w->x[j * rows + i] = w->u[i * cols + j];
    orthogonalise(w, tall ? cols : rows, tall ? rows : cols);
    const float lr = step->lr_matrix * (tall ? sqrtf((float)rows / (float)cols) : 1.0f);
    const float keep = 1.0f - step->lr_matrix * step->weight_decay;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            params[i * cols + j] =
                keep * params[i * cols + j] - lr * w->x[tall ? j * rows + i : i * cols + j];
}

static void update_adam(const struct net_param *p, const struct optim_step *step, float lr,
                        float *params, const float *grad, float *m, float *v)
{
    const float n = (float)(step->n_done + 1);
    const float fix_m = 1.0f / (1.0f - powf(ADAM_B1, n)), fix_v = 1.0f / (1.0f - powf(ADAM_B2, n));
    const struct op_adam_step adam = {lr, ADAM_B1, ADAM_B2, fix_m, fix_v, step->clip_scale};
    op_adam(params, m, v, grad, &adam, p->n_rows * p->n_cols);
}

void optim_update(struct optim_work *work, const struct net_param *param,
                  const struct optim_step *step, float *params, const float *grad, float *m,
                  float *v)
{
    const size_t at = param->offset;
    if (param->kind == NET_MATRIX)
        update_matrix(work, param, step, params + at, grad + at, m + at);
    else
        update_adam(param, step, param->kind == NET_TABLE ? step->lr_table : step->lr_vector,
                    params + at, grad + at, m + at, v + at);
}
