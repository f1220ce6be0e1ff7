/* SPDX-License-Identifier: Apache-2.0
 *
 * Method context: a block is split into segments by content type. Each segment is transformed, and
 * coded bit by bit with the context models' predictions; segments that look random may be kept raw.
 * The segments of a block share the tables, so that each learns from those before it.
 *
 * Encoding wants job->look, and sets job->n_raw: bytes of content that are kept raw.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_BLOCK_H
#define TACIT_METHODS_CONTEXT_CONTEXT_BLOCK_H

#include "methods/block_method.h"

extern const struct block_method context_method;

#endif
