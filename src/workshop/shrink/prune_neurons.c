/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_neurons.h"

#include <stdlib.h>

struct neuron {
    float score;
    uint32_t index;
};

static float square_sum(const float *row, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += row[i] * row[i];
    return sum;
}

/* The weights that lead to each neuron, both those of its gate and its own; times those that lead away
 * from it; or the neuron's mean square times the latter, which is what it adds to the output. */
static void score(struct neuron *neurons, const struct lm_layer *layer, size_t n,
                  enum tacit_prune_rule by, const float *products, float *row)
{
    const struct tensor *up = &layer->tensors[LM_UP], *down = &layer->tensors[LM_DOWN];
    for (size_t i = 0; i < n; i++)
        neurons[i] = (struct neuron){0, (uint32_t)i};
    for (size_t r = 0; r < down->n_rows; r++) {
        tensor_row(down, r, row);
        for (size_t i = 0; i < n; i++)
            neurons[i].score += row[i] * row[i];
    }
    for (size_t i = 0; i < n && by == TACIT_PRUNE_BY_WANDA; i++)
        neurons[i].score *= products[i * n + i];
    for (size_t r = 0; r < up->n_rows && by != TACIT_PRUNE_BY_WANDA; r++) {
        tensor_row(up, r, row);
        neurons[r % n].score *= square_sum(row, up->n_columns);
    }
}

static int best_first(const void *a, const void *b)
{
    const struct neuron *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

enum tacit_status neurons_choose(uint32_t *kept, size_t n_kept, const struct lm_model *model,
                                 uint32_t layer, enum tacit_prune_rule by, const float *products)
{
    size_t n = model->shape.n_hidden;
    struct neuron *neurons = calloc(n, sizeof *neurons);
    float *row = malloc(lm_shape_widest(&model->shape) * sizeof *row);
    if (neurons && row) {
        score(neurons, &model->layers[layer], n, by, products, row);
        qsort(neurons, n, sizeof *neurons, best_first);
        for (size_t i = 0; i < n_kept; i++)
            kept[i] = neurons[i].index;
        qsort(kept, n_kept, sizeof *kept, by_index);
    }
    enum tacit_status status = neurons && row ? TACIT_OK : TACIT_ERR_MEMORY;
    free(neurons);
    free(row);
    return status;
}
