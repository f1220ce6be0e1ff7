/* SPDX-License-Identifier: Apache-2.0
 *
 * Which model an archive names, and whether it is the one at hand.
 */
#ifndef TACIT_CODEC_MODEL_IDENTITY_H
#define TACIT_CODEC_MODEL_IDENTITY_H

#include "container/format.h"
#include "tacit/model.h"

/* For the header of an archive made with a model; NULL: none. */
struct format_model_identity model_identity_of(const struct tacit_model *model);

/* TACIT_OK if the archive needs none or this one; TACIT_ERR_MODEL_MISSING, TACIT_ERR_MODEL_WRONG. */
enum tacit_status model_identity_check(const struct format_model_identity *needed,
                                       const struct tacit_model *model);

#endif
