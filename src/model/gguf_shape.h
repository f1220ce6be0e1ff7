/* SPDX-License-Identifier: Apache-2.0
 *
 * From a GGUF file's architecture and keys to the engine's shape: what an importer has to know
 * before it reads weights.
 */
#ifndef TACIT_MODEL_GGUF_SHAPE_H
#define TACIT_MODEL_GGUF_SHAPE_H

#include "base/reason.h"
#include "engine/lm_shape.h"
#include "engine/rope.h"
#include "gguf/gguf.h"

/* Properties of an architecture that files do not state. */
struct architecture {
    const char *name;
    enum lm_norm norm;
    enum lm_activation activation;
    uint32_t flags;
    bool interleaved;      /* rotated pairs lie side by side in the file: (0, 1), (2, 3), ... */
    uint32_t period;       /* as lm_shape's, where there is a sliding window */
    float local_rope_base; /* as lm_shape's */
    float score_cap, logit_cap;
    bool embed_by_root; /* the embedding is multiplied by the root of the width */
    /* of so many layers: scores by the root of width / heads, not of head_dim */
    uint32_t n_layers_heads;
};

struct gguf_shape {
    const struct architecture *architecture;
    struct lm_shape shape;
    uint32_t head_size;                  /* in the file; shape.head_dim is rounded up from it */
    float rope_divisors[ROPE_PAIRS_MAX]; /* with LM_ROPE_SCALED: LM_ROPE_DIVISORS */
};

/* TACIT_ERR_UNSUPPORTED, TACIT_ERR_MODEL_DAMAGED; reason, unless NULL, tells the key, the architecture or the
 * number at fault. Reads which tensors there are, and the values of those for rotary scaling
 * only. */
enum tacit_status gguf_shape_read(struct gguf_shape *out, const struct gguf *gguf,
                                  struct reason *reason);

#endif
