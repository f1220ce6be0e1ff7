/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/token_distribution.h"

#include "base/strict_math.h"

#define LEARNING_RATE 0.03f /* 0.1 gains less on most files: docs/default-model.md */

enum { SUM_RUN = 64 };

/* The number of tokens and one, rounded up to the kernels' lanes. */
static size_t padded(uint32_t n_tokens)
{
    return ((size_t)n_tokens + KERNEL_LANES) / KERNEL_LANES * KERNEL_LANES;
}

void token_distribution_lay_out(struct token_distribution *distribution, struct arena *arena,
                                const struct byte_trie *trie, uint32_t n_tokens, bool learns)
{
    uint32_t *at = arena_take(arena, trie->n_places * sizeof *at);
    uint64_t *sum = arena_take(arena, (trie->n_places + (size_t)1) * sizeof *sum);
    size_t n_padded = padded(n_tokens);
    uint32_t *mass = arena_take(arena, n_padded * sizeof *mass);
    float *bias = learns ? arena_take(arena, n_padded * sizeof *bias) : NULL;
    *distribution = (struct token_distribution){
        .trie = trie, .n_tokens = n_tokens, .at = at, .mass = mass, .sum = sum, .bias = bias};
    for (size_t i = 0; mass && i < n_padded; i++)
        mass[i] = 0;
    for (size_t i = 0; bias && i < n_padded; i++)
        bias[i] = 0;
    for (size_t i = 0; at && i < trie->n_places; i++)
        at[i] = trie->items[i] < n_tokens ? trie->items[i] : n_tokens;
}

bool token_distribution_may_be_by_place(const struct byte_trie *trie, uint32_t n_tokens)
{
    bool may = trie->n_items >= n_tokens && trie->places[n_tokens - 1] == BYTE_TRIE_NONE;
    for (uint32_t i = 0; may && i < trie->n_places; i++)
        may = trie->items[i] < n_tokens;
    return may;
}

static void copy_row(struct tensor *to, size_t to_row, const struct tensor *from, size_t from_row)
{
    int8_t q[LM_GROUP];
    for (size_t g = 0; g < from->n_columns / LM_GROUP; g++) {
        float scale = tensor_get_group(from, from_row, g, q);
        tensor_set_group(to, to_row, g, q, scale);
    }
}

void token_distribution_order_rows(struct tensor *to, const struct tensor *from,
                                   const struct byte_trie *trie)
{
    size_t n = 0;
    for (; n < trie->n_places; n++)
        copy_row(to, n, from, trie->items[n]);
    for (size_t i = 0; i < from->n_rows; i++)
        if (trie->places[i] == BYTE_TRIE_NONE)
            copy_row(to, n++, from, i);
}

void token_distribution_go_by_place(struct token_distribution *distribution)
{
    distribution->by_place = true;
    for (uint32_t i = 0; i < distribution->trie->n_places; i++)
        distribution->at[i] = i;
}

/* to[0] = 0, to[i + 1] = to[i] + mass[at[i]] */
static void sum_masses(uint64_t *restrict to, const uint32_t *restrict mass,
                       const uint32_t *restrict at, size_t n)
{
    uint64_t sum = 0;
    to[0] = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < n; i++)
        to[i + 1] = sum += mass[at[i]];
}

static inline uint64_t sum_run(const uint32_t *mass, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mass[i];
    return sum;
}

/* By place: the sums before each SUM_RUN places, and the last one. */
static void sum_runs(uint64_t *to, const uint32_t *mass, size_t n)
{
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + SUM_RUN <= n; i += SUM_RUN) {
        to[i] = sum;
        sum += sum_run(mass + i, SUM_RUN);
    }
    to[i] = sum;
    to[n] = sum + sum_run(mass + i, n - i);
}

static void set(struct token_distribution *distribution, const struct kernels *kernels,
                const float *logits, const float *bias)
{
    kernels->lm_token_masses(distribution->mass, logits, bias, distribution->n_tokens);
    distribution->mass[distribution->n_tokens] = 1;
    if (distribution->by_place)
        sum_runs(distribution->sum, distribution->mass, distribution->trie->n_places);
    else
        sum_masses(distribution->sum, distribution->mass, distribution->at,
                   distribution->trie->n_places);
}

void token_distribution_set_plain(struct token_distribution *distribution,
                                  const struct kernels *kernels, const float *logits)
{
    set(distribution, kernels, logits, NULL);
}

void token_distribution_set(struct token_distribution *distribution, const struct kernels *kernels,
                            const float *logits)
{
    set(distribution, kernels, logits, distribution->bias);
}

void token_distribution_learn(struct token_distribution *distribution,
                              const struct kernels *kernels, uint32_t place)
{
    const uint32_t at = distribution->at[place];
    float *bias = distribution->bias;
    if (!bias)
        return;
    float step = LEARNING_RATE / (float)(int64_t)distribution->sum[distribution->trie->n_places];
    kernels->lm_token_learn(bias, distribution->mass, step, padded(distribution->n_tokens));
    if (at < distribution->n_tokens)
        bias[at] += LEARNING_RATE;
}

void token_distribution_quantize(struct token_distribution *distribution, uint32_t total)
{
    uint32_t n = distribution->trie->n_places, top = 0;
    uint64_t *sum = distribution->sum, before = 0, top_mass = 0;
    uint64_t factor_q32 = ((uint64_t)(total - n) << 32) / sum[n];
    for (uint32_t i = 0; i < n; i++) {
        uint64_t mass = sum[i + 1] - before;
        before = sum[i + 1];
        top = mass > top_mass ? i : top;
        top_mass = mass > top_mass ? mass : top_mass;
        sum[i + 1] = sum[i] + 1 + (mass * factor_q32 >> 32);
    }
    uint64_t left = total - sum[n]; /* rounding down takes less than 1 from each */
    for (uint32_t i = top + 1; i <= n; i++)
        sum[i] += left;
}

uint32_t token_distribution_find(const struct token_distribution *distribution, uint64_t at)
{
    uint32_t low = 0, high = distribution->trie->n_places;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (distribution->sum[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* By place, the sum before the split is made here, those before low and high by the walk's earlier decisions. */
float token_distribution_stretch(const struct token_distribution *distribution,
                                 const struct byte_trie_walk *walk)
{
    uint64_t *sum = distribution->sum;
    uint32_t split = walk->split, run = split / SUM_RUN * SUM_RUN;
    if (distribution->by_place)
        sum[split] = sum[run] + sum_run(distribution->mass + run, split - run);
    float zero = (float)(int64_t)(sum[split] - sum[walk->low]);
    float one = (float)(int64_t)(sum[walk->high] - sum[split]);
    return strict_log(one / zero);
}
