/* SPDX-License-Identifier: Apache-2.0
 *
 * Intervals by resampling, and the area under a ROC curve (tacit/statistics.h).
 */
#include "tacit/statistics.h"

#include <stdlib.h>

struct labelled {
    double score;
    uint8_t label;
};

static int by_score(const void *a, const void *b)
{
    const struct labelled *x = a, *y = b;
    return x->score < y->score ? -1 : x->score > y->score;
}

enum tacit_status tacit_roc_area(const double *scores, const uint8_t *labels, size_t n,
                                 double *area)
{
    struct labelled *sorted = malloc((n + 1) * sizeof *sorted);
    double n_below = 0, n_with = 0, wins = 0;
    *area = 0.5;
    if (!sorted)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct labelled){scores[i], labels[i] != 0};
    qsort(sorted, n, sizeof *sorted, by_score);
    for (size_t i = 0, end; i < n; i = end) { /* one run of equal scores at a time */
        double n_run_with = 0;
        for (end = i; end < n && !(sorted[end].score > sorted[i].score); end++)
            n_run_with += sorted[end].label;
        double n_run_without = (double)(end - i) - n_run_with;
        wins += n_run_with * (n_below + n_run_without / 2);
        n_below += n_run_without;
        n_with += n_run_with;
    }
    free(sorted);
    if (n_with > 0 && n_below > 0)
        *area = wins / (n_with * n_below);
    return TACIT_OK;
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 32;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

enum tacit_status tacit_bootstrap_ratio(const double *over, const double *under, size_t n,
                                        unsigned n_rounds, double share, uint64_t seed,
                                        struct tacit_interval *interval)
{
    double sum_over = 0, sum_under = 0;
    uint64_t state = seed;
    for (size_t i = 0; i < n; i++) {
        sum_over += over[i];
        sum_under += under[i];
    }
    if (n == 0 || n > UINT32_MAX || n_rounds == 0 || !(share > 0 && share < 1) || sum_under == 0)
        return TACIT_ERR_ARGUMENT;
    double *ratios = malloc(n_rounds * sizeof *ratios);
    if (!ratios)
        return TACIT_ERR_MEMORY;
    for (unsigned round = 0; round < n_rounds; round++) {
        double drawn_over = 0, drawn_under = 0;
        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)(draw(&state) * (uint64_t)n >> 32);
            drawn_over += over[at];
            drawn_under += under[at];
        }
        ratios[round] = drawn_under != 0 ? drawn_over / drawn_under : sum_over / sum_under;
    }
    qsort(ratios, n_rounds, sizeof *ratios, by_value);
    double tail = (1 - share) / 2 * (double)(n_rounds - 1);
    size_t low = (size_t)(tail + 0.5);
    *interval =
        (struct tacit_interval){sum_over / sum_under, ratios[low], ratios[n_rounds - 1 - low]};
    free(ratios);
    return TACIT_OK;
}
