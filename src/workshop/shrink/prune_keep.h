/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the rows and columns of a model without some neurons or heads come from.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_KEEP_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_KEEP_H

#include "engine/lm_shape.h"

struct prune_keep {
    struct lm_shape from, to;
    uint32_t *neurons; /* [layers of from][to.n_hidden]; NULL: all stay */
    uint32_t *
        heads; /* [layers of from][n_heads_kept]: of keys and values with its queries, or where there is one, of queries; NULL: all
                        stay */
    uint32_t n_heads_kept;
};

/* The row or column of a layer of `from`, that row or column `index` of a tensor of `to` is. */
size_t prune_keep_row(const struct prune_keep *keep, enum lm_tensor_id id, uint32_t layer,
                      size_t index);
size_t prune_keep_column(const struct prune_keep *keep, enum lm_tensor_id id, uint32_t layer,
                         size_t index);

#endif
