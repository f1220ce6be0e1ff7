/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference that an archive names, and the choice of the reference to decode with.
 */
#ifndef TACIT_ARCHIVE_REFERENCE_IDENTITY_H
#define TACIT_ARCHIVE_REFERENCE_IDENTITY_H

#include "container/format.h"
#include "methods/reference/reference_data.h"

/* The identity for the header of an archive made with a reference; NULL: none. */
struct format_reference_identity reference_identity_of(const struct tacit_reference *reference);

/* Sets *reference to the given reference (NULL: none) if the archive needs it, or to NULL if the
 * archive needs none. TACIT_ERR_REFERENCE_MISSING: none was given; TACIT_ERR_REFERENCE_WRONG:
 * another one was. */
enum tacit_status reference_identity_choose(const struct format_reference_identity *needed,
                                            const struct tacit_reference *given,
                                            const struct tacit_reference **reference);

/* Writes the identity to the caller's public struct. TACIT_ERR_ARGUMENT: told->struct_size is too
 * small. */
enum tacit_status reference_identity_tell(const struct format_reference_identity *identity,
                                          struct tacit_reference_identity *told);

#endif
