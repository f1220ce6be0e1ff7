/* SPDX-License-Identifier: Apache-2.0
 *
 * How many positions each head of the language model keeps, where the plan has it keep a share: an encoder measures that
 * on the beginning of the first stream (kv_heads.h), and the layout records it.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_HEADS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_HEADS_H

#include "methods/language/language_coder.h"

/* Sets the layout's kv_kind, kv_keep and kv_heads. Needs the layout's other fields and the items. Where heads cannot be
 * told apart, or a reference is read before by content that is not long, all keep the same share, at 8 bits: what heads
 * keep takes half a byte a head, which is much for a short record. Errors as of lm_state_create. */
enum tacit_status language_heads_choose(struct language_coder *coder);

/* Sets these fields for an estimate of memory before there is content. Returns the bytes that choosing takes. */
uint64_t language_heads_expect(const struct codec_plan *plan, struct language_layout *layout);

#endif
