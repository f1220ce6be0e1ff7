/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/gptq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAMPING                                                                                    \
    0.01f /* GPTQ adds this part of the diagonal's mean to it, so that H can be
                         inverted */

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void subtract(float *restrict y, const float *restrict x, float f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] -= f * x[i];
}

/* Sets importance to h's diagonal. Inputs that were always 0 get a diagonal that can be
 * inverted. */
static void damp(float *h, float *importance, size_t n)
{
    float mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += h[i * n + i] / (float)n;
    mean = mean > 0 ? mean : 1;
    for (size_t i = 0; i < n; i++) {
        h[i * n + i] += DAMPING * mean;
        importance[i] = h[i * n + i];
    }
}

/* H = R R^T with R upper, in H's place, from the last row up. */
static void factor(float *h, size_t n)
{
    for (size_t j = n; j-- > 0;) {
        const float *row = h + j * n + j + 1;
        float left = h[j * n + j] - dot(row, row, n - j - 1);
        float pivot = sqrtf(left > 1e-12f * h[j * n + j] ? left : 1e-12f * h[j * n + j]);
        h[j * n + j] = pivot;
        for (size_t i = 0; i < j; i++)
            h[i * n + j] = (h[i * n + j] - dot(h + i * n + j + 1, row, n - j - 1)) / pivot;
    }
}

/* U = R^-1, row by row from the last one. */
static void invert(float *u, const float *r, size_t n)
{
    memset(u, 0, n * n * sizeof *u);
    for (size_t i = n; i-- > 0;) {
        float *row = u + i * n;
        row[i] = 1;
        for (size_t k = i + 1; k < n; k++)
            subtract(row + k, u + k * n + k, r[i * n + k], n - k);
        for (size_t j = i; j < n; j++)
            row[j] /= r[i * n + i];
    }
}

enum tacit_status gptq_open(struct gptq *gptq, float *products, size_t n)
{
    *gptq = (struct gptq){n, malloc(n * n * sizeof(float)), malloc(n * sizeof(float))};
    if (!gptq->factor || !gptq->importance) {
        gptq_close(gptq);
        return TACIT_ERR_MEMORY;
    }
    damp(products, gptq->importance, n);
    factor(products, n);
    invert(gptq->factor, products, n);
    return TACIT_OK;
}

void gptq_close(struct gptq *gptq)
{
    free(gptq->factor);
    free(gptq->importance);
}

void gptq_round_row(const struct gptq *gptq, float *row, struct few_form form,
                    struct few_group *groups)
{
    size_t n = gptq->n;
    for (size_t i = 0; i < n; i++) {
        struct few_group *group = &groups[i / form.n];
        const float *u = gptq->factor + i * n;
        float value;
        if (i % form.n == 0)
            few_fit(group, form, row + i, gptq->importance + i);
        group->n[i % form.n] = (uint8_t)few_nearest(group, form, row[i], &value);
        subtract(row + i + 1, u + i + 1, (row[i] - value) / u[i], n - i - 1);
    }
}

/* Marks the n_least places of least error among row[i .. i + n). n: at most PRUNE_BLOCK. */
enum { PRUNE_BLOCK = 128 };

static void mark_least(const struct gptq *gptq, const float *row, size_t i, size_t n,
                       size_t n_least, bool *goes)
{
    float error[PRUNE_BLOCK];
    for (size_t j = 0; j < n; j++) {
        float w = row[i + j] / gptq->factor[(i + j) * gptq->n + i + j];
        error[j] = w * w;
        goes[j] = false;
    }
    for (size_t k = 0; k < n_least; k++) {
        size_t least = n;
        for (size_t j = 0; j < n; j++)
            if (!goes[j] && (least == n || error[j] < error[least]))
                least = j;
        goes[least] = true;
    }
}

void gptq_prune_row(const struct gptq *gptq, float *row, double ratio, bool two_of_four)
{
    bool goes[PRUNE_BLOCK];
    size_t n = gptq->n, block = two_of_four ? 4 : PRUNE_BLOCK;
    for (size_t i = 0; i < n; i++) {
        const float *u = gptq->factor + i * n;
        if (i % block == 0) {
            size_t n_block = n - i < block ? n - i : block;
            mark_least(gptq, row, i, n_block, (size_t)(ratio * (double)n_block + 0.5), goes);
        }
        if (!goes[i % block])
            continue;
        subtract(row + i + 1, u + i + 1, row[i] / u[i], n - i - 1);
        row[i] = 0;
    }
}
