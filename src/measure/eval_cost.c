/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/eval_cost.h"

#include "base/strict_math.h"

static const double bits_per_nat = 1.4426950408889634;

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

/* Keeps the largest logits in order; equal logits in the order of their tokens. */
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

double eval_token_bits(const struct kernels *kernels, uint32_t *mass, const float *logits,
                       uint32_t n_vocab, uint32_t token, struct tacit_eval_token *details)
{
    double top = (double)largest(logits, n_vocab);
    uint64_t sum = 0;
    kernels->lm_token_masses(mass, logits, NULL, n_vocab);
    for (uint32_t i = 0; i < n_vocab; i++)
        sum += mass[i] - 1;
    double log_sum = (double)strict_log((float)(int64_t)sum / LM_MASS_ONE); /* of e^(logit - top) */
    if (details) {
        double mean = 0;
        for (uint32_t i = 0; i < n_vocab; i++)
            mean += (double)(mass[i] - 1) * ((double)logits[i] - top);
        details->entropy = (log_sum - mean / (double)sum) * bits_per_nat;
        find_top(logits, n_vocab, details->top);
        for (int i = 0; i < TACIT_EVAL_TOP; i++)
            details->top_bits[i] = (log_sum + top - (double)logits[details->top[i]]) * bits_per_nat;
    }
    if (token >= n_vocab)
        return log_sum * bits_per_nat + TACIT_EVAL_BARE_BITS;
    return (log_sum + top - (double)logits[token]) * bits_per_nat;
}
