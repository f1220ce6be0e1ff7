/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 5: method context.
 */
#ifndef TACIT_REFERENCE_CONTEXT_DECODER_H
#define TACIT_REFERENCE_CONTEXT_DECODER_H

#include <stddef.h>
#include <stdint.h>

/* The payload is archive[position .. end); size: bytes of content. */
void decode_context(uint8_t *content, uint32_t size, size_t end);

#endif
