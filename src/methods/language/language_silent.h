/* SPDX-License-Identifier: Apache-2.0
 *
 * The silent segments of a language block, which the context models code without the language model,
 * before all items. With several streams, they are one more stream for the context models, behind
 * the others; a single stream begins with them.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_SILENT_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_SILENT_H

#include "methods/language/language_coder.h"

/* After language_primer_read, before the first round. Does nothing without an arrangement.
 * TACIT_ERR_CANCELLED; TACIT_ERR_CORRUPT in a decoder. */
enum tacit_status language_silent_run(struct language_coder *coder);

#endif
