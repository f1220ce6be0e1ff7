/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_weights.h"

#include <stdlib.h>
#include <string.h>

enum tacit_status weight_pruner_open(struct weight_pruner *pruner, float *products, size_t n)
{
    pruner->n = n;
    if (pruner->by == TACIT_PRUNE_BY_SPARSEGPT)
        return gptq_open(&pruner->gptq, products, n);
    pruner->importance = malloc(n * sizeof *pruner->importance);
    pruner->scores = malloc(2 * n * sizeof *pruner->scores);
    if (!pruner->importance || !pruner->scores) {
        weight_pruner_close(pruner);
        return TACIT_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        pruner->importance[i] = pruner->by == TACIT_PRUNE_BY_WANDA ? products[i * n + i] : 1;
    return TACIT_OK;
}

void weight_pruner_close(struct weight_pruner *pruner)
{
    if (pruner->by == TACIT_PRUNE_BY_SPARSEGPT) {
        gptq_close(&pruner->gptq);
        return;
    }
    free(pruner->importance);
    free(pruner->scores);
    pruner->importance = pruner->scores = NULL;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Sets the n_least weights of the least scores to 0, of equal ones the first. sorted: [n] of room. */
static void drop_least(float *row, const float *scores, size_t n, size_t n_least, float *sorted)
{
    if (n_least == 0)
        return;
    memcpy(sorted, scores, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    float limit = sorted[n_least - 1];
    size_t n_below = 0;
    for (size_t i = 0; i < n; i++)
        n_below += scores[i] < limit;
    for (size_t i = 0, n_equal = n_least - n_below; i < n; i++) {
        bool goes = scores[i] < limit || (scores[i] == limit && n_equal > 0);
        n_equal -= goes && scores[i] == limit;
        if (goes)
            row[i] = 0;
    }
}

void weight_pruner_row(struct weight_pruner *pruner, float *row)
{
    size_t n = pruner->n, block = pruner->two_of_four ? 4 : n;
    if (pruner->by == TACIT_PRUNE_BY_SPARSEGPT) {
        gptq_prune_row(&pruner->gptq, row, pruner->ratio, pruner->two_of_four);
        return;
    }
    for (size_t i = 0; i < n; i++)
        pruner->scores[i] = row[i] * row[i] * pruner->importance[i];
    for (size_t i = 0; i < n; i += block) /* n is a multiple of 64 */
        drop_least(row + i, pruner->scores + i, block,
                   (size_t)(pruner->ratio * (double)block + 0.5), pruner->scores + n);
}
