/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/token_distribution.h"

#include "base/strict_math.h"

static size_t padded(const struct byte_trie *trie)
{
    return (trie->n_words + (size_t)KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
}

void token_distribution_lay_out(struct token_distribution *distribution, struct arena *arena,
                                const struct byte_trie *trie, uint32_t n_tokens)
{
    uint32_t *token = arena_take(arena, padded(trie) * sizeof *token);
    uint32_t *mass = arena_take(arena, padded(trie) * sizeof *mass);
    uint64_t *sum = arena_take(arena, (trie->n_words + (size_t)1) * sizeof *sum);
    *distribution = (struct token_distribution){trie, n_tokens, token, mass, sum};
    for (size_t i = 0; token && i < padded(trie); i++)
        token[i] = i < trie->n_words && trie->items[i] < n_tokens ? trie->items[i] : LM_NO_TOKEN;
}

void token_distribution_set(struct token_distribution *distribution, const struct kernels *kernels,
                            const float *logits)
{
    const struct byte_trie *trie = distribution->trie;
    uint64_t sum = 0;
    kernels->lm_token_masses(distribution->mass, logits, distribution->token, padded(trie));
    for (uint32_t i = 0; i < trie->n_words; i++) {
        distribution->sum[i] = sum;
        sum += distribution->mass[i];
    }
    distribution->sum[trie->n_words] = sum;
}

void token_distribution_quantize(struct token_distribution *distribution, uint32_t total)
{
    uint32_t n = distribution->trie->n_words, top = 0, top_mass = 0, left = total;
    uint64_t factor_q32 = ((uint64_t)(total - n) << 32) / distribution->sum[n], sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (distribution->mass[i] > top_mass) {
            top = i;
            top_mass = distribution->mass[i];
        }
        distribution->mass[i] = 1 + (uint32_t)(distribution->mass[i] * factor_q32 >> 32);
        left -= distribution->mass[i];
    }
    distribution->mass[top] += left; /* rounding takes less than 1 of each */
    for (uint32_t i = 0; i < n; i++) {
        distribution->sum[i] = sum;
        sum += distribution->mass[i];
    }
    distribution->sum[n] = sum;
}

uint32_t token_distribution_find(const struct token_distribution *distribution, uint64_t at)
{
    uint32_t low = 0, high = distribution->trie->n_words;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (distribution->sum[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

float token_distribution_stretch(const struct token_distribution *distribution,
                                 const struct trie_walk *walk)
{
    const uint64_t *sum = distribution->sum;
    float zero = (float)(int64_t)(sum[walk->split] - sum[walk->low]);
    float one = (float)(int64_t)(sum[walk->high] - sum[walk->split]);
    return strict_log(one / zero);
}
