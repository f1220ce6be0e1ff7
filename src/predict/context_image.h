/* SPDX-License-Identifier: Apache-2.0
 *
 * A predictor that has read something, as a pattern for others: each begins as a copy, without reading it
 * again. A copy costs what copying its memory costs, some 0.1 ms a MiB.
 *
 *     context_image_create -> read with image->cm -> { context_image_copy -> ... -> cm_destroy }*
 *
 * Once image->cm has read, any number of threads may copy it at a time.
 */
#ifndef TACIT_PREDICT_CONTEXT_IMAGE_H
#define TACIT_PREDICT_CONTEXT_IMAGE_H

#include "predict/context_mixer.h"

struct context_image {
    struct cm *cm;
    uint32_t *pointers; /* [n_pointers] words of its memory that point into it */
    size_t n_pointers;
};

/* *kernels must outlive the image and all copies. Errors as cm_create; after a failure the image is
 * empty. */
enum tacit_status context_image_create(struct context_image *image, const struct cm_config *config,
                                       const struct kernels *kernels);

/* Makes *copy what image->cm is, at a byte boundary. *copy: NULL, or an earlier copy of the same image,
 * whose memory is used again. TACIT_ERR_MEMORY: *copy is as before. */
enum tacit_status context_image_copy(const struct context_image *image, struct cm **copy);

/* An empty image is allowed. */
void context_image_free(struct context_image *image);

#endif
