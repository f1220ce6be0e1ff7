/* SPDX-License-Identifier: Apache-2.0
 *
 * Which model an archive names, and whether it is the one at hand.
 */
#ifndef TACIT_ARCHIVE_MODEL_IDENTITY_H
#define TACIT_ARCHIVE_MODEL_IDENTITY_H

#include "container/format.h"
#include "tacit/archive.h"
#include "tacit/model.h"

/* For the header of an archive made with a model; NULL: none. The linked-in one is known by a short
 * name. */
struct format_model_identity model_identity_of(const struct tacit_model *model);

/* The model that an archive needs: given or, failing that, the linked-in one; *model is NULL if it needs
 * none. TACIT_ERR_MODEL_MISSING, TACIT_ERR_MODEL_WRONG: neither. */
enum tacit_status model_identity_choose(const struct format_model_identity *needed,
                                        const struct tacit_model *given,
                                        const struct tacit_model **model);

/* The identity in the library's own words. TACIT_ERR_ARGUMENT: told->struct_size is too small. */
enum tacit_status model_identity_tell(const struct format_model_identity *identity,
                                      struct tacit_archive_model *told);

#endif
