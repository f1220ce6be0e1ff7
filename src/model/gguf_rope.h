/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary positions of a GGUF model: the base, the rotated part of a head, and the ways in which models were
 * stretched to longer contexts. All come to one divisor of each pair's frequency and one gain of the
 * sines and cosines:
 *
 *     linear      the same divisor for all: rope.scaling.factor, or rope.scale_linear
 *     YaRN        that divisor for slow pairs, 1 for quick ones, a ramp in between
 *     Llama 3     the divisors lie in rope_freqs.weight
 *     LongRoPE    those for short texts lie in rope_factors_short.weight: they hold up to
 *                 rope.scaling.original_context_length, which becomes the model's context
 */
#ifndef TACIT_MODEL_GGUF_ROPE_H
#define TACIT_MODEL_GGUF_ROPE_H

#include "model/gguf_shape.h"

/* Sets rope_base, rope_dims, rope_gain, LM_ROPE_SCALED with rope_divisors, and, for LongRoPE, n_context, of an out
 * whose sizes and other flags are set. TACIT_ERR_UNSUPPORTED, TACIT_ERR_MODEL_DAMAGED with reason. */
enum tacit_status gguf_rope_read(struct gguf_shape *out, const struct gguf *gguf,
                                 struct reason *reason);

#endif
