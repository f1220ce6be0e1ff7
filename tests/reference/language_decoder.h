/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 6, and docs/language-model.md: method model.
 */
#ifndef TACIT_REFERENCE_LANGUAGE_DECODER_H
#define TACIT_REFERENCE_LANGUAGE_DECODER_H

#include "model_file.h"

/* The payload is archive[position .. end); size: bytes of content. */
void decode_language(const struct model *model, uint8_t *content, uint32_t size, size_t end);

#endif
