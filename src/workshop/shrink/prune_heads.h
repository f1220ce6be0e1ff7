/* SPDX-License-Identifier: Apache-2.0
 *
 * Which heads of attention stay. All layers of a model have the same number of heads, and all heads of keys and values the same
 * number of query heads. So what goes is a head of keys and values with its query heads; where there is only one, a query
 * head.
 */
#ifndef TACIT_WORKSHOP_SHRINK_PRUNE_HEADS_H
#define TACIT_WORKSHOP_SHRINK_PRUNE_HEADS_H

#include "workshop/shrink/calibration.h"
#include "workshop/shrink/prune_texts.h"
#include "workshop/train/say.h"

/* Heads of a layer that can go one by one. */
static inline uint32_t heads_that_go(const struct lm_shape *s)
{
    return s->n_kv_heads > 1 ? s->n_kv_heads : s->n_heads;
}

struct heads_job {
    const struct lm_model *model;
    const struct tokenizer *tokenizer;
    const struct tacit_prune *prune;
    const struct calibration *calibration; /* of TACIT_PRUNE_BY_WANDA */
    const struct tacit_train_sink *sink;
    uint32_t n_kept; /* of each layer */
};

/* Writes those that stay, in ascending order, to kept[n_layers][n_kept]. By magnitude or Wanda: by the weights that lead from a head
 * to the layer's output, alone or times its outputs. By bits: layer by layer one head goes, the one without which the
 * texts cost least, measured without all that went before; and again until enough are gone. TACIT_ERR_MEMORY, TACIT_ERR_CANCELLED, errors of
 * prune_texts_open. */
enum tacit_status heads_choose(uint32_t *kept, const struct heads_job *job);

#endif
