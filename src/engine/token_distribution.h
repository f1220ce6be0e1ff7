/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's distribution over the items of a byte trie, as exact prefix sums: any
 * decision of a walk down the trie then has its probability in two differences.
 *
 * Masses are integers of 30 bits, at least 1, so that no item is impossible and sums are exact; the
 * least mass of 1 takes about 2^-30 of the whole an item. Items beyond the model's tokens (bare
 * bytes) have the mass 1.
 *
 * If the distribution learns, it adds a bias to the logits. Every coded token moves the bias by a
 * step down the gradient of the token's cost: 0.03 (1 - p) for the token itself, -0.03 p for the
 * others.
 */
#ifndef TACIT_ENGINE_TOKEN_DISTRIBUTION_H
#define TACIT_ENGINE_TOKEN_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "engine/tensor.h"
#include "kernels/kernels.h"
#include "token/byte_trie.h"

struct token_distribution {
    const struct byte_trie *trie;
    uint32_t n_tokens; /* the model's tokens */
    bool by_place;     /* logits, masses and biases are in the order of places, not of tokens */
    uint32_t *at;      /* by place: of the item's logit; n_tokens for items beyond the tokens */
    uint32_t *mass;    /* [n_tokens + 1], as the logits, padded */
    uint64_t *sum;     /* [n_places + 1]: sum[i] is the mass of places 0 .. i - 1 */
    float *bias;       /* [n_tokens], as the logits, padded; NULL: it does not learn */
};

/* trie outlives it. Without memory the arena only counts. */
void token_distribution_lay_out(struct token_distribution *distribution, struct arena *arena,
                                const struct byte_trie *trie, uint32_t n_tokens, bool learns);

/* Logits may come in the order of places, those of tokens without a place behind them: then a sum of masses adds
 * neighbours, and a walk needs few sums. That takes a place for each of the model's tokens and no others, but for some
 * tokens, the last one among them. */
bool token_distribution_may_be_by_place(const struct byte_trie *trie, uint32_t n_tokens);

/* Puts a model's last matrix into that order. Both are of TENSOR_INT8 and of the same size. */
void token_distribution_order_rows(struct tensor *to, const struct tensor *from,
                                   const struct byte_trie *trie);

/* Behind token_distribution_lay_out: the logits come in the order of places. */
void token_distribution_go_by_place(struct token_distribution *distribution);

/* logits: [n_tokens], finite, aligned and padded as the kernels want them. */
void token_distribution_set(struct token_distribution *distribution, const struct kernels *kernels,
                            const float *logits);

/* The same without the bias. */
void token_distribution_set_plain(struct token_distribution *distribution,
                                  const struct kernels *kernels, const float *logits);

/* Learns that the item at `place` was coded with the masses of token_distribution_set. */
void token_distribution_learn(struct token_distribution *distribution,
                              const struct kernels *kernels, uint32_t place);

/* Scales the masses of token_distribution_set, which are not by place, to integer parts of total: each at least 1, their sum
 * exactly total, which is at most 2^30 and more than the number of places. */
void token_distribution_quantize(struct token_distribution *distribution, uint32_t total);

/* The place whose part of the sums holds `at`, which is below the sum of all. */
uint32_t token_distribution_find(const struct token_distribution *distribution, uint64_t at);

static inline uint32_t token_distribution_mass(const struct token_distribution *distribution,
                                               uint32_t place)
{
    return (uint32_t)(distribution->sum[place + 1] - distribution->sum[place]);
}

/* ln(P(1) / P(0)) of the next decision, which is open. By place, call it for all open decisions of a walk in turn. */
float token_distribution_stretch(const struct token_distribution *distribution,
                                 const struct byte_trie_walk *walk);

#endif
