/* SPDX-License-Identifier: Apache-2.0
 *
 * Which weights of a model's layers go by bits: those without which the description length of texts grows least. To second
 * order a weight w costs w^2 / 2 of its Fisher information (fisher.h). This can be compared across all rows and matrices, so there
 * is one limit for all of them.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_BITS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_BITS_H

#include "tacit/shrink.h"
#include "workshop/shrink/fisher.h"

struct prune_bits {
    struct fisher fisher;
    float limit;     /* of w^2 times the Fisher information */
    double expected; /* bits a token more, without all weights below the limit */
};

/* Reads the job's texts. Errors as fisher_run. On failure the caller has nothing to close. */
enum tacit_status prune_bits_open(struct prune_bits *bits, const struct lm_model *model,
                                  const struct tokenizer *tokenizer, const struct tacit_prune *job);
void prune_bits_close(struct prune_bits *bits);

/* Sets the weights below the limit to 0, in a row of a matrix of a layer. */
void prune_bits_row(const struct prune_bits *bits, enum lm_tensor_id id, uint32_t layer, size_t row,
                    float *weights);

#endif
