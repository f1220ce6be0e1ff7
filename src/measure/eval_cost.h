/* SPDX-License-Identifier: Apache-2.0
 *
 * From a row of logits to the cost of a token in bits: from the masses that the codec's
 * distribution is made of, without the least mass that it gives every token.
 */
#ifndef TACIT_MEASURE_EVAL_COST_H
#define TACIT_MEASURE_EVAL_COST_H

#include "base/strict_math.h"
#include "kernels/kernels.h"
#include "tacit/eval.h"

/* logits: [n_vocab], finite, padded as the kernels want them. mass: room for [n_vocab]. Returns -log2 P(token); for a bare byte, n_vocab or above, what the
 * codec's smallest probability costs. details: entropy, top and top_bits of it are set; NULL: not
 * wanted. */
double eval_token_bits(const struct kernels *kernels, uint32_t *mass, const float *logits,
                       uint32_t n_vocab, uint32_t token, struct tacit_eval_token *details);

/* What a bit costs that was 1 with probability p1 / 2^32. */
static inline float eval_bit_nats(uint32_t p1, int bit)
{
    return -strict_log((float)(bit ? p1 : 0u - p1) * (1.0f / 4294967296.0f));
}

#endif
