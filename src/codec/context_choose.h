/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoder's choices for a block of method context: how its content is split, what is kept raw,
 * how large the tables are. None of it binds the decoder.
 */
#ifndef TACIT_CODEC_CONTEXT_CHOOSE_H
#define TACIT_CODEC_CONTEXT_CHOOSE_H

#include <stddef.h>
#include <stdint.h>

#include "codec/context_layout.h"
#include "codec/plan.h"

/* n: at least 1. */
enum tacit_status context_choose(const struct codec_plan *plan, const uint8_t *data, size_t n,
                                 struct layout *layout);

unsigned context_memory_log2(const struct codec_plan *plan, uint64_t n_bytes);

#endif
