/* SPDX-License-Identifier: Apache-2.0
 *
 * The cost of a token in bits from a row of logits: from the masses of the codec's distribution,
 * without the least mass of 1 that the codec gives every token.
 */
#ifndef TACIT_MEASURE_EVAL_COST_H
#define TACIT_MEASURE_EVAL_COST_H

#include "base/strict_math.h"
#include "kernels/kernels.h"
#include "tacit/eval.h"

/* logits: [n_vocab], finite, padded as the kernels want them. mass: room for [n_vocab]. Returns
 * -log2 P(token); for a bare byte (n_vocab or above), the cost of the codec's smallest probability.
 * details: receives entropy, top and top_bits; NULL: not wanted. */
double eval_token_bits(const struct kernels *kernels, uint32_t *mass, const float *logits,
                       uint32_t n_vocab, uint32_t token, struct tacit_eval_token *details);

/* The cost of a bit that is 1 with probability p1 / 2^32. */
static inline float eval_bit_nats(uint32_t p1, int bit)
{
    return -strict_log((float)(bit ? p1 : 0u - p1) * (1.0f / 4294967296.0f));
}

#endif
