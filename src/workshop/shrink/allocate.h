/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses a kind for each matrix of a model so that a text costs least in so many bytes of weights.
 *
 * What the text costs with one matrix at 3 bits is measured, matrix by matrix; so that the text's own slope does not count, the
 * mean of rounding errors added and taken away is. Half of that and half of the layers' mean is the cost at 3 bits. At
 * other numbers of bits it is that times the ratio of the errors of the products, to second order: the sum over some
 * rows of e H e^T, e the row's rounding error and H the products of its inputs (calibration.h). The costs of matrices are
 * taken to add up. Then bytes are spent, from the smallest kinds on, where the next one saves most.
 */
#ifndef TACIT_WORKSHOP_SHRINK_ALLOCATE_H
#define TACIT_WORKSHOP_SHRINK_ALLOCATE_H

#include "tacit/train.h"
#include "token/tokenizer.h"
#include "workshop/shrink/calibration.h"

struct allocation {
    const struct lm_model *model;
    const struct tokenizer *tokenizer;
    const struct calibration *calibration;
    const char *const *texts; /* 1,024 tokens are read, alike of each */
    size_t n_texts;
    bool keep_embeddings;
    uint64_t n_bytes; /* of weights, as lm_model_memory_needed counts them */
    const struct tacit_train_sink *sink;
};

/* kinds: [lm_n_tensors]. Errors as tacit_shrink_quantize. */
enum tacit_status allocate_bits(uint8_t *kinds, const struct allocation *allocation);

/* Whether the matrix may be of the kind: it is one, would take fewer bytes than it does, and the kind takes such rows. */
bool allocate_may_be(const struct tensor *tensor, enum tensor_kind kind);

#endif
