/* SPDX-License-Identifier: Apache-2.0
 *
 * Which weights of a row become 0.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_WEIGHTS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_WEIGHTS_H

#include <stdbool.h>

#include "tacit/shrink.h"
#include "workshop/shrink/gptq.h"

/* Of one matrix. */
struct weight_pruner {
    enum tacit_prune_rule by;
    bool two_of_four;
    double ratio;
    size_t n;          /* columns */
    float *importance; /* [n]: of an input, by its square; not for sparsegpt */
    float *scores;     /* [2 n] */
    struct gptq gptq;  /* of sparsegpt */
};

/* by, two_of_four and ratio are set. products: X^T X of the matrix's inputs, [n][n], may be overwritten; NULL: not known, which
 * only TACIT_PRUNE_BY_MAGNITUDE allows. TACIT_ERR_MEMORY; on failure there is nothing to close. */
enum tacit_status weight_pruner_open(struct weight_pruner *pruner, float *products, size_t n);
void weight_pruner_close(struct weight_pruner *pruner);

void weight_pruner_row(struct weight_pruner *pruner, float *row);

#endif
