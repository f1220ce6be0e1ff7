/* SPDX-License-Identifier: Apache-2.0
 *
 * The primer: a page of made-up log lines that the model and the context models read before a short
 * log, which is too short for them to learn what logs are like (docs/format.md).
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_PRIMER_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_PRIMER_H

#include "methods/language/language_coder.h"

/* Encoder: whether the content looks like a log. */
bool language_primer_pays(const struct byte_buffer *content);

/* Has the models read the primer if the layout is primed, or the end of the reference if the layout
 * says so: after language_coder_prepare and token_coder_begin_..., before the first round.
 * TACIT_ERR_CANCELLED, and errors of tokenizer_encode. */
enum tacit_status language_primer_read(struct language_coder *coder);

/* Has the models learn bytes that both sides know as the first stream's next items, without coding anything. */
enum tacit_status language_primer_learn(struct language_coder *coder, const uint8_t *bytes,
                                        size_t n);

#endif
