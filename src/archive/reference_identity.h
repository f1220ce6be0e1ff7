/* SPDX-License-Identifier: Apache-2.0
 *
 * Which reference an archive names, and whether it is the one at hand.
 */
#ifndef TACIT_ARCHIVE_REFERENCE_IDENTITY_H
#define TACIT_ARCHIVE_REFERENCE_IDENTITY_H

#include "container/format.h"
#include "methods/reference/reference_data.h"

/* For the header of an archive made with a reference; NULL: none. */
struct format_reference_identity reference_identity_of(const struct tacit_reference *reference);

/* The given reference (NULL: none) if the archive needs it; *reference is NULL if it needs none.
 * TACIT_ERR_REFERENCE_MISSING, TACIT_ERR_REFERENCE_WRONG: none, or another. */
enum tacit_status reference_identity_choose(const struct format_reference_identity *needed,
                                            const struct tacit_reference *given,
                                            const struct tacit_reference **reference);

/* The identity in the library's own words. TACIT_ERR_ARGUMENT: told->struct_size is too small. */
enum tacit_status reference_identity_tell(const struct format_reference_identity *identity,
                                          struct tacit_reference_identity *told);

#endif
