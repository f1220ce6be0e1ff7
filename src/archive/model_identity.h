/* SPDX-License-Identifier: Apache-2.0
 *
 * The model that an archive names, and the choice of the model to decode with.
 */
#ifndef TACIT_ARCHIVE_MODEL_IDENTITY_H
#define TACIT_ARCHIVE_MODEL_IDENTITY_H

#include <stdbool.h>

#include "container/format.h"
#include "tacit/archive.h"
#include "tacit/model.h"

/* The identity for the header of an archive made with a model; NULL: none. The linked-in model has
 * a short one. cuts_text: some block may be one of which block_cuts_text is true. */
struct format_model_identity model_identity_of(const struct tacit_model *model, bool cuts_text);

/* Sets *model to the model that an archive needs: the given one or else the linked-in one; NULL if
 * it needs none. TACIT_ERR_MODEL_MISSING, TACIT_ERR_MODEL_WRONG: neither fits. */
enum tacit_status model_identity_choose(const struct format_model_identity *needed,
                                        const struct tacit_model *given,
                                        const struct tacit_model **model);

/* Writes the identity to the caller's public struct. TACIT_ERR_ARGUMENT: told->struct_size is too
 * small. */
enum tacit_status model_identity_tell(const struct format_model_identity *identity,
                                      struct tacit_archive_model *told);

#endif
