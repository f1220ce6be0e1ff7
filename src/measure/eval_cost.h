/* SPDX-License-Identifier: Apache-2.0
 *
 * From a row of logits to the cost of a token in bits. The sum over the vocabulary is a kernel's,
 * in 16 lanes, so that the cost is the same on every machine.
 */
#ifndef TACIT_MEASURE_EVAL_COST_H
#define TACIT_MEASURE_EVAL_COST_H

#include "base/arena.h"
#include "kernels/kernels.h"
#include "tacit/eval.h"

/* What the kernel works on. */
struct eval_scratch {
    float *e, *ones, *scale; /* [n_vocab up to a multiple of 64] */
    int8_t *q;
    int32_t *sum;
};

/* Without memory the arena only counts; afterwards eval_scratch_init. */
void eval_scratch_lay_out(struct eval_scratch *scratch, struct arena *arena, uint32_t n_vocab);
void eval_scratch_init(struct eval_scratch *scratch, uint32_t n_vocab);

/* logits: [n_vocab], finite. Returns -log2 P(token); for a bare byte, n_vocab or above, what the
 * codec's smallest probability costs. details: entropy, top and top_bits of it are set; NULL: not
 * wanted. */
double eval_token_bits(const struct kernels *kernels, struct eval_scratch *scratch,
                       const float *logits, uint32_t n_vocab, uint32_t token,
                       struct tacit_eval_token *details);

#endif
