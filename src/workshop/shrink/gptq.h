/* SPDX-License-Identifier: Apache-2.0
 *
 * Second-order rounding (GPTQ, arXiv 2210.17323): the columns of a matrix are rounded one after the
 * other. The columns still to come correct the error that each rounding makes in the products, as
 * far as the inputs' correlations allow.
 */
#ifndef TACIT_WORKSHOP_SHRINK_GPTQ_H
#define TACIT_WORKSHOP_SHRINK_GPTQ_H

#include <stdbool.h>
#include <stddef.h>

#include "tacit/status.h"
#include "workshop/shrink/few_group.h"

struct gptq {
    size_t n;
    float *factor;     /* [n][n]: U, upper, of H^-1 = U^T U */
    float *importance; /* [n]: the diagonal of H */
};

/* products: X^T X of the inputs, [n][n]; its upper half is overwritten. TACIT_ERR_MEMORY; on failure the caller has
 * nothing to close. */
enum tacit_status gptq_open(struct gptq *gptq, float *products, size_t n);
void gptq_close(struct gptq *gptq);

/* Sets to 0 the share `ratio` of each 128 neighbours, or, with two_of_four, two of each four, by the least error;
 * weights to the right correct it (SparseGPT, arXiv 2301.00774). Any threads may call. */
void gptq_prune_row(const struct gptq *gptq, float *row, double ratio, bool two_of_four);

/* Rounds a row of n weights, which is overwritten, to groups[n / form.n]. Any threads may call. */
void gptq_round_row(const struct gptq *gptq, float *row, struct few_form form,
                    struct few_group *groups);

#endif
