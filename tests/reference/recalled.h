/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, sections 5.8, 5.9 and 6.2: copies in the coded bits, and restated headers of a tar.
 */
#ifndef TACIT_REFERENCE_RECALLED_H
#define TACIT_REFERENCE_RECALLED_H

#include <stdint.h>

#include "coded_bits.h"

/* resumes: as section 6.2 says, not 5.8. */
void begin_recall(uint32_t size, int resumes);
/* content[0 .. at) is decoded, the last n_new bytes bit by bit: 1, or an item's, or 0 behind a copy. Returns how many bytes
 * are copied from there on. */
uint32_t recall_behind(struct decoder *d, uint8_t *content, uint32_t at, uint32_t size,
                       uint32_t n_new);

void take_restated(void);
void restore_headers(uint8_t *content, uint32_t size);

#endif
