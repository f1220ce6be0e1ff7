/* SPDX-License-Identifier: Apache-2.0
 *
 * Models made smaller: what `tacit model quantize` and `tacit model prune` do. In the library tacit_train, apart from libtacit, because it may
 * use the C library's mathematics; nothing here is needed to compress or to run what it makes.
 */
#ifndef TACIT_SHRINK_H
#define TACIT_SHRINK_H

#include <stddef.h>

#include "tacit/status.h"
#include "tacit/train.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tacit_rounding {
    TACIT_ROUND_NEAREST, /* each weight to the nearest; scale and minimum of each group of 32 are
                            searched */
    TACIT_ROUND_GPTQ,    /* second-order rounding, by the model's inputs on texts; embeddings to the
                         nearest */
};

struct tacit_quantize {
    const char *model; /* a .gguf or .tmodel file; NULL: the model that is linked in */
    const char *path;  /* the .tmodel file to write, put in its place whole */
    enum tacit_rounding rounding;
    const char *const *texts; /* of TACIT_ROUND_GPTQ: [n_texts] files */
    size_t n_texts;
    int keep_embeddings; /* non-zero: token embeddings, and a head of their own, stay int8 */
};

/* Rounds a model's matrices to 4 bits. TACIT_ERR_IO (errno), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED,
 * TACIT_ERR_MEMORY; TACIT_ERR_CONTENT_LIMIT: the texts have fewer than 512 tokens; TACIT_ERR_CANCELLED. After a
 * failure a file that was at `path` before is unchanged. */
enum tacit_status tacit_shrink_quantize(const struct tacit_quantize *job,
                                        const struct tacit_train_sink *sink);

enum tacit_prune_part {
    TACIT_PRUNE_WEIGHTS, /* of each row of each matrix of the layers, the share `ratio` becomes 0 */
    TACIT_PRUNE_2_OF_4,  /* of any four neighbours in a row, two become 0 */
    TACIT_PRUNE_NEURONS, /* the share of each hidden layer, in multiples of 64: the model gets smaller
                            and faster */
    TACIT_PRUNE_LAYERS, /* the share of all layers, at least one: smaller and faster */
};

/* What goes first: that which by this rule matters least. */
enum tacit_prune_rule {
    TACIT_PRUNE_BY_MAGNITUDE, /* weights: their size; neurons: that of their weights */
    TACIT_PRUNE_BY_WANDA,     /* size times the root mean square of the input (arXiv 2306.11695);
                                 neurons: what they add to the output */
    TACIT_PRUNE_BY_SPARSEGPT, /* weights: the error of the product, which the weights that stay then
                                 correct (arXiv 2301.00774) */
    TACIT_PRUNE_BY_BITS,      /* layers: what the first 2,048 tokens of the texts cost without them,
                                 measured again after each that goes */
};

struct tacit_prune {
    const char *model, *path; /* as of struct tacit_quantize */
    enum tacit_prune_part what;
    enum tacit_prune_rule by;
    double ratio;             /* above 0, below 1; 0.5 with TACIT_PRUNE_2_OF_4 */
    const char *const *texts; /* [n_texts] files; not needed for TACIT_PRUNE_BY_MAGNITUDE */
    size_t n_texts;
};

/* Makes a model of int8 without a part of the weights. Errors as tacit_shrink_quantize; TACIT_ERR_ARGUMENT: the rule is not
 * one for that part, or the ratio out of range. */
enum tacit_status tacit_shrink_prune(const struct tacit_prune *job,
                                     const struct tacit_train_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
