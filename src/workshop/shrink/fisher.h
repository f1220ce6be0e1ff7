/* SPDX-License-Identifier: Apache-2.0
 *
 * How sharply the description length of texts bends in each weight of a model's layers: the diagonal of the empirical Fisher
 * information, by the trainer's backward pass. Leaving out a weight w costs, to second order and without what the others
 * could correct, w^2 / 2 of it.
 */
#ifndef TACIT_WORKSHOP_SHRINK_FISHER_H
#define TACIT_WORKSHOP_SHRINK_FISHER_H

#include "token/tokenizer.h"
#include "workshop/net/net.h"

struct fisher {
    struct net net;
    float
        *squares; /* [net.n_params]: the sum over all tokens, in nats; of matrices of layers only */
    size_t n_tokens;
};

/* The model reads the files in windows of 512 tokens. TACIT_ERR_UNSUPPORTED: not a shape that the trainer knows; TACIT_ERR_IO
 * (errno), TACIT_ERR_CONTENT_LIMIT: fewer than 512 tokens in all; TACIT_ERR_MEMORY. On failure the caller has nothing to
 * close. */
enum tacit_status fisher_run(struct fisher *fisher, const struct lm_model *model,
                             const struct tokenizer *tokenizer, const char *const *paths,
                             size_t n_paths);
void fisher_close(struct fisher *fisher);

/* Of a row of a matrix of a layer: [n_columns]. */
static inline const float *fisher_row(const struct fisher *fisher, enum lm_tensor_id id,
                                      uint32_t layer, size_t row)
{
    return net_values(&fisher->net, fisher->squares, id, layer) +
           row * lm_tensor_size(&fisher->net.shape, id).n_columns;
}

#endif
