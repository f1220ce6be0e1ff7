/* SPDX-License-Identifier: Apache-2.0
 *
 * Which weights of a row become 0: how many, which ones by each rule, and that SparseGPT's corrections make the
 * products better than zeros alone do.
 */
#include "workshop/shrink/prune_weights.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { N = 64, N_INPUTS = 256 };

static float uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / (float)(1 << 23) - 1;
}

/* Inputs of very different sizes, neighbours alike. */
static void make_inputs(float inputs[N_INPUTS][N])
{
    uint64_t state = 7;
    for (size_t k = 0; k < N_INPUTS; k++)
        for (size_t i = 0; i < N; i++)
            inputs[k][i] = (i % 8 == 0 ? 20.0f : 1.0f) * uniform(&state) +
                           (i > 0 ? 0.7f * inputs[k][i - 1] : 0);
}

static void make_products(float *products, float inputs[N_INPUTS][N])
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            products[i * N + j] = 0;
            for (size_t k = 0; k < N_INPUTS; k++)
                products[i * N + j] += inputs[k][i] * inputs[k][j];
        }
}

static float error_of(const float *row, const float *pruned, float inputs[N_INPUTS][N])
{
    float sum = 0;
    for (size_t k = 0; k < N_INPUTS; k++) {
        float error = 0;
        for (size_t i = 0; i < N; i++)
            error += (row[i] - pruned[i]) * inputs[k][i];
        sum += error * error;
    }
    return sum;
}

/* Returns the error of the products of one row pruned by the rule. */
static float prune(enum tacit_prune_rule by, bool two_of_four, double ratio)
{
    static float inputs[N_INPUTS][N], products[N * N];
    float row[N], pruned[N];
    uint64_t state = 3;
    struct weight_pruner pruner = {.by = by, .two_of_four = two_of_four, .ratio = ratio};
    size_t n_zeros = 0, most_of_four = 0;
    make_inputs(inputs);
    make_products(products, inputs);
    for (size_t i = 0; i < N; i++)
        row[i] = pruned[i] = uniform(&state);
    CHECK(weight_pruner_open(&pruner, products, N) == TACIT_OK);
    weight_pruner_row(&pruner, pruned);
    weight_pruner_close(&pruner);
    for (size_t i = 0, of_four = 0; i < N; i++) {
        of_four = i % 4 == 0 ? 0 : of_four;
        n_zeros += pruned[i] == 0;
        of_four += pruned[i] == 0;
        most_of_four = of_four > most_of_four ? of_four : most_of_four;
    }
    CHECK_MSG(n_zeros == (size_t)(ratio * N + 0.5), "rule %d: %zu zeros", (int)by, n_zeros);
    CHECK(!two_of_four || most_of_four == 2);
    return error_of(row, pruned, inputs);
}

static void test_equal_scores(void)
{
    float row[N];
    struct weight_pruner pruner = {.by = TACIT_PRUNE_BY_MAGNITUDE, .ratio = 0.25};
    for (size_t i = 0; i < N; i++)
        row[i] = i % 2 ? -1.0f : 1.0f;
    CHECK(weight_pruner_open(&pruner, NULL, N) == TACIT_OK);
    weight_pruner_row(&pruner, row);
    weight_pruner_close(&pruner);
    for (size_t i = 0; i < N; i++)
        CHECK((row[i] == 0) == (i < N / 4)); /* of equal ones the first */
}

int main(void)
{
    for (int two_of_four = 0; two_of_four < 2; two_of_four++) {
        float magnitude = prune(TACIT_PRUNE_BY_MAGNITUDE, two_of_four, 0.5);
        float wanda = prune(TACIT_PRUNE_BY_WANDA, two_of_four, 0.5);
        float sparsegpt = prune(TACIT_PRUNE_BY_SPARSEGPT, two_of_four, 0.5);
        CHECK_MSG(wanda < magnitude && sparsegpt < 0.5f * wanda, "%g %g %g", (double)magnitude,
                  (double)wanda, (double)sparsegpt);
    }
    prune(TACIT_PRUNE_BY_WANDA, false, 0.9);
    prune(TACIT_PRUNE_BY_SPARSEGPT, false, 0.1);
    test_equal_scores();
    return check_result();
}
