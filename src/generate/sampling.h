/* SPDX-License-Identifier: Apache-2.0
 *
 * The distribution from which a token is drawn: a model's logits divided by a temperature, limited
 * to the likeliest tokens. The masses are integers after the strict exponential, so that every
 * machine draws from the same distribution.
 *
 * Order of calls for a token: sampling_begin, then sampling_keep_likeliest or sampling_drop as often as
 * wanted, then sampling_end.
 */
#ifndef TACIT_GENERATE_SAMPLING_H
#define TACIT_GENERATE_SAMPLING_H

#include "engine/token_distribution.h"

struct sampling {
    struct token_distribution distribution; /* mass and sum are this module's */
    float *scaled;                          /* [n_tokens], padded */
    float temperature;                      /* 0: the likeliest token alone */
    uint32_t top_q24;                       /* share of the whole that is kept, of 2^24 */
};

/* Without memory the arena only counts. */
void sampling_lay_out(struct sampling *sampling, struct arena *arena, const struct byte_trie *trie,
                      uint32_t n_tokens);

/* logits: [n_tokens], aligned and padded as the kernels want them. Tokens that text cannot contain get the
 * mass 0, and so do those below 2^-30 of the likeliest. */
void sampling_begin(struct sampling *sampling, const struct kernels *kernels, const float *logits);

/* Keeps at most n tokens, the likeliest, and none of those with equal masses at the border. */
void sampling_keep_likeliest(struct sampling *sampling, size_t n);

static inline void sampling_drop(struct sampling *sampling, uint32_t token)
{
    sampling->distribution.mass[token] = 0;
}

/* Keeps the fewest likeliest tokens that reach the share top_q24, with all that have equal masses
 * at the border, and makes the sums. False: no token has any mass. */
bool sampling_end(struct sampling *sampling);

#endif
