/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/token_distribution.h"

#include "base/strict_math.h"

enum { MASS_LOG2 = 30 };

void token_distribution_lay_out(struct token_distribution *distribution, struct arena *arena,
                                const struct byte_trie *trie, uint32_t n_tokens)
{
    float *logit = arena_take(arena, trie->n_words * sizeof *logit);
    uint64_t *sum = arena_take(arena, (trie->n_words + (size_t)1) * sizeof *sum);
    *distribution = (struct token_distribution){trie, n_tokens, logit, sum};
}

void token_distribution_set(struct token_distribution *distribution, const float *logits)
{
    const struct byte_trie *trie = distribution->trie;
    float *logit = distribution->logit, max = -3e38f;
    for (uint32_t i = 0; i < trie->n_words; i++) {
        uint32_t item = trie->items[i];
        logit[i] = item < distribution->n_tokens ? logits[item] : -3e38f;
        max = logit[i] > max ? logit[i] : max;
    }
    for (uint32_t i = 0; i < trie->n_words; i++)
        logit[i] = strict_exp(logit[i] - max) * (float)(1 << MASS_LOG2);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < trie->n_words; i++) {
        distribution->sum[i] = sum;
        sum += (uint64_t)(1 + (int32_t)logit[i]);
    }
    distribution->sum[trie->n_words] = sum;
}

float token_distribution_stretch(const struct token_distribution *distribution,
                                 const struct trie_walk *walk)
{
    const uint64_t *sum = distribution->sum;
    float zero = (float)(int64_t)(sum[walk->split] - sum[walk->low]);
    float one = (float)(int64_t)(sum[walk->high] - sum[walk->split]);
    return strict_log(one / zero);
}
