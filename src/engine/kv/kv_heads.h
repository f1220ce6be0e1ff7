/* SPDX-License-Identifier: Apache-2.0
 *
 * How many positions each head of keys keeps, where heads differ: which head needs how many depends on the model and on
 * the text, so that who compresses measures it on the text, and the block records it.
 */
#ifndef TACIT_ENGINE_KV_KV_HEADS_H
#define TACIT_ENGINE_KV_KV_HEADS_H

#include "engine/lm_shape.h"

enum { KV_HEADS_MAX = 4096, KV_PARTS = 16, KV_HEADS_CONTEXT_MIN = 512 };

/* Of the heads of the layers without a window, layer by layer. */
struct kv_heads {
    uint32_t n;                  /* 0: heads do not differ */
    uint8_t parts[KV_HEADS_MAX]; /* the head keeps 1 .. 15 sixteenths of the positions; 0: all */
};

/* The slots of a head that keeps so many of n_parts parts of n_kept positions: at most so many, but for one group. */
size_t kv_slots_of_share(size_t n_kept, uint32_t parts, uint32_t n_parts);

/* The heads that a model of this shape has there. */
size_t kv_heads_of(const struct lm_shape *shape);

/* As bytes, two heads each, the first in the low bits: the byte of heads i and i + 1, and what it says. False: there is no
 * head i + 1, and the byte has bits for it. */
uint8_t kv_heads_pair(const struct kv_heads *heads, uint32_t i);
bool kv_heads_set_pair(struct kv_heads *heads, uint32_t i, unsigned byte);

#endif
