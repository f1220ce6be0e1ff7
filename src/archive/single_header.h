/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of an archive of single form, which names only the model and reference that its one
 * block needs.
 */
#ifndef TACIT_ARCHIVE_SINGLE_HEADER_H
#define TACIT_ARCHIVE_SINGLE_HEADER_H

#include "container/format.h"
#include "methods/plan.h"

/* plan: what the block was encoded with. out: FORMAT_HEADER_MAX bytes. Returns the header's length. */
size_t single_header_pack(uint8_t *out, const struct codec_plan *plan,
                          const struct format_block *block, const uint8_t *payload);

#endif
