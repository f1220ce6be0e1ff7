/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary positions of a GGUF model: the base, the rotated part of a head, and the ways in which models were
 * stretched to longer contexts. Each way becomes one divisor of each pair's frequency and one gain
 * of the sines and cosines:
 *
 *     linear      one divisor for all pairs: rope.scaling.factor, or rope.scale_linear
 *     YaRN        that divisor for slow pairs, 1 for fast pairs, a ramp in between
 *     Llama 3     the divisors lie in rope_freqs.weight
 *     LongRoPE    the divisors for short texts lie in rope_factors_short.weight: they are valid up
 * to
 *                 rope.scaling.original_context_length, which becomes the model's context
 */
#ifndef TACIT_MODEL_GGUF_ROPE_H
#define TACIT_MODEL_GGUF_ROPE_H

#include "base/reason.h"
#include "engine/lm_shape.h"
#include "engine/rope.h"
#include "gguf/gguf.h"

struct gguf_rope_file {
    const struct gguf *gguf;
    const char *architecture; /* the prefix of the model's own keys */
    uint32_t head_size;       /* in the file */
};

/* Sets rope_base, rope_dims, rope_gain, LM_ROPE_SCALED with divisors [ROPE_PAIRS_MAX], and, for LongRoPE, n_context, of a
 * shape whose sizes and other flags are set. TACIT_ERR_UNSUPPORTED, TACIT_ERR_MODEL_DAMAGED with reason. */
enum tacit_status gguf_rope_read(struct lm_shape *shape, float *divisors,
                                 const struct gguf_rope_file *file, struct reason *reason);

#endif
