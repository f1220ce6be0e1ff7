/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks that read a reference and whose coded bits hold copies (docs/format.md, section 6.2): one stream, in the
 * content's order. Behind an item, copies are found and coded as in a block of method context (recall.h). The models
 * read the end of each copy, so that they know what the items behind it follow.
 */
#ifndef TACIT_METHODS_RECALL_LANGUAGE_RECALL_H
#define TACIT_METHODS_RECALL_LANGUAGE_RECALL_H

#include "methods/language/language_coder.h"

/* Encoder, before language_coder_prepare: lists the block's items and copies. Sets layout.recalls if that many bytes are
 * copied that the block is coded so; otherwise nothing is listed. */
enum tacit_status language_recall_plan(struct language_coder *coder);

/* Codes all items and copies, after language_primer_read. *hopeless: an encoder's output does not fit.
 * TACIT_ERR_CORRUPT, TACIT_ERR_CANCELLED. */
enum tacit_status language_recall_run(struct language_coder *coder, bool *hopeless);

#endif
