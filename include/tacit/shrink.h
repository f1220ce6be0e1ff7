/* SPDX-License-Identifier: Apache-2.0
 *
 * Models made smaller: what `tacit model quantize` does. In the library tacit_train, apart from libtacit, because it may
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

#ifdef __cplusplus
}
#endif

#endif
