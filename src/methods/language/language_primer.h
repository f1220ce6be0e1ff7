/* SPDX-License-Identifier: Apache-2.0
 *
 * A page of made-up log lines that the model and the context models read before a short log, which
 * would be over before they had learnt what logs are like (docs/format.md).
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_PRIMER_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_PRIMER_H

#include "methods/language/language_coder.h"

/* Encoder: whether the content looks as if it pays. */
bool language_primer_pays(const struct byte_buffer *content);

/* Room for reading, if the layout is primed. Without memory the arena only counts. */
void language_primer_lay_out(struct language_coder *coder, struct arena *arena);

/* Reads it, if the layout is primed: before the first round, with everything else prepared. */
enum tacit_status language_primer_read(struct language_coder *coder);

#endif
