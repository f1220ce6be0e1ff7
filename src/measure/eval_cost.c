/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/eval_cost.h"

#include <string.h>

#include "base/strict_math.h"

static const double bits_per_nat = 1.4426950408889634;

static size_t padded(uint32_t n_vocab)
{
    return ((size_t)n_vocab + LM_GROUP - 1) / LM_GROUP * LM_GROUP;
}

void eval_scratch_lay_out(struct eval_scratch *scratch, struct arena *arena, uint32_t n_vocab)
{
    size_t n = padded(n_vocab);
    scratch->e = arena_take(arena, n * sizeof *scratch->e);
    scratch->ones = arena_take(arena, n * sizeof *scratch->ones);
    scratch->q = arena_take(arena, n);
    scratch->scale = arena_take(arena, n / LM_GROUP * sizeof *scratch->scale);
    scratch->sum = arena_take(arena, n / LM_GROUP * sizeof *scratch->sum);
}

void eval_scratch_init(struct eval_scratch *scratch, uint32_t n_vocab)
{
    for (size_t i = 0; i < padded(n_vocab); i++)
        scratch->ones[i] = 1.0f;
}

static float largest(const float *x, size_t n)
{
    float lane[KERNEL_LANES];
    for (size_t j = 0; j < KERNEL_LANES; j++)
        lane[j] = x[0];
    size_t i = 0;
    for (; i + KERNEL_LANES <= n; i += KERNEL_LANES)
        for (size_t j = 0; j < KERNEL_LANES; j++)
            lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    for (; i < n; i++)
        lane[0] = x[i] > lane[0] ? x[i] : lane[0];
    for (size_t j = 1; j < KERNEL_LANES; j++)
        lane[0] = lane[j] > lane[0] ? lane[j] : lane[0];
    return lane[0];
}

/* Keeps the largest logits in order; equal ones by number. */
static void find_top(const float *logits, uint32_t n_vocab, uint32_t top[TACIT_EVAL_TOP])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_vocab; i++) {
        if (n == TACIT_EVAL_TOP && !(logits[i] > logits[top[n - 1]]))
            continue;
        uint32_t at = n < TACIT_EVAL_TOP ? n++ : n - 1;
        for (; at > 0 && logits[i] > logits[top[at - 1]]; at--)
            top[at] = top[at - 1];
        top[at] = i;
    }
    for (; n > 0 && n < TACIT_EVAL_TOP; n++) /* a vocabulary of four tokens or fewer */
        top[n] = top[n - 1];
}

double eval_token_bits(const struct kernels *kernels, struct eval_scratch *scratch,
                       const float *logits, uint32_t n_vocab, uint32_t token,
                       struct tacit_eval_token *details)
{
    double top = (double)largest(logits, n_vocab);
    memcpy(scratch->e, logits, n_vocab * sizeof *logits);
    float sum = kernels->lm_attention_weights(scratch->q, scratch->scale, scratch->sum, scratch->e,
                                              scratch->ones, n_vocab, -LM_SCORE_MAX);
    double log_sum = (double)strict_log(sum); /* of e^(logit - top) */
    if (details) {
        double mean = 0;
        for (uint32_t i = 0; i < n_vocab; i++)
            mean += (double)scratch->e[i] * ((double)logits[i] - top);
        details->entropy = (log_sum - mean / (double)sum) * bits_per_nat;
        find_top(logits, n_vocab, details->top);
        for (int i = 0; i < TACIT_EVAL_TOP; i++)
            details->top_bits[i] = (log_sum + top - (double)logits[details->top[i]]) * bits_per_nat;
    }
    if (token >= n_vocab)
        return log_sum * bits_per_nat + TACIT_EVAL_BARE_BITS;
    return (log_sum + top - (double)logits[token]) * bits_per_nat;
}
