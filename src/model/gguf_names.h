/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of a language model's tensors in GGUF files, and the order of the numbers in a head: what importing and
 * exporting have to agree on.
 */
#ifndef TACIT_MODEL_GGUF_NAMES_H
#define TACIT_MODEL_GGUF_NAMES_H

#include <stddef.h>

#include "engine/lm_shape.h"

/* The file's tensors that, stacked, are one tensor of the engine. A tensor that files call by one
 * of two names has two entries: the first name that exists counts. */
struct gguf_source {
    enum lm_tensor_id id;
    const char *names[3]; /* of a layer's tensor, what follows "blk.N." */
};

extern const struct gguf_source gguf_sources[];
extern const size_t gguf_n_sources;

/* The name in full: "blk.N." before that of a layer's tensor. */
enum { GGUF_NAME_CAP = 96 };
void gguf_full_name(char full[GGUF_NAME_CAP], const char *name, enum lm_tensor_id id,
                    uint32_t layer);

/* Some architectures interleave rotated pairs, (0, 1), (2, 3) ...; the engine keeps the pairs'
 * halves apart. The place in the file's head of the number that the engine has at `at`, and the way
 * back. */
size_t gguf_place_in_head(size_t at, size_t rope_dims);
size_t gguf_place_in_engine(size_t at, size_t rope_dims);

#endif
