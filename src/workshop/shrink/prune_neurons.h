/* SPDX-License-Identifier: Apache-2.0
 *
 * Which neurons of a hidden layer stay.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_NEURONS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_NEURONS_H

#include "engine/lm_model.h"
#include "tacit/shrink.h"

/* Writes the n_kept of the layer's neurons that matter most, in ascending order. products: X^T X of the inputs of
 * LM_DOWN, for TACIT_PRUNE_BY_WANDA. TACIT_ERR_MEMORY. */
enum tacit_status neurons_choose(uint32_t *kept, size_t n_kept, const struct lm_model *model,
                                 uint32_t layer, enum tacit_prune_rule by, const float *products);

#endif
