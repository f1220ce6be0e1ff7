/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, sections 5.8 and 5.9: copies in the coded bits, and restated headers of a tar.
 */
#ifndef TACIT_REFERENCE_RECALLED_H
#define TACIT_REFERENCE_RECALLED_H

#include <stdint.h>

#include "coded_bits.h"

void begin_recall(uint32_t size);
/* content[0 .. at) is decoded, the last byte bit by bit. Returns how many bytes are copied from there on. */
uint32_t recall_behind(struct decoder *d, uint8_t *content, uint32_t at, uint32_t size);

void take_restated(void);
void restore_headers(uint8_t *content, uint32_t size);

#endif
