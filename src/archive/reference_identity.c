/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/reference_identity.h"

#include <string.h>

#include "base/struct_size.h"

struct format_reference_identity reference_identity_of(const struct tacit_reference *reference)
{
    struct format_reference_identity identity = {0};
    struct tacit_reference_identity told = {.struct_size = sizeof told};
    if (!reference || tacit_reference_get_identity(reference, &told) != TACIT_OK)
        return identity;
    identity.n_bytes = (uint32_t)told.n_bytes;
    identity.n_hash = FORMAT_REFERENCE_HASH;
    memcpy(identity.hash, told.hash, sizeof identity.hash);
    return identity;
}

enum tacit_status reference_identity_choose(const struct format_reference_identity *needed,
                                            const struct tacit_reference *given,
                                            const struct tacit_reference **reference)
{
    struct format_reference_identity had = reference_identity_of(given);
    *reference = NULL;
    if (needed->n_hash == 0)
        return TACIT_OK;
    if (!given)
        return TACIT_ERR_REFERENCE_MISSING;
    bool same_size = needed->n_bytes == 0 || needed->n_bytes == had.n_bytes;
    if (!same_size || memcmp(needed->hash, had.hash, needed->n_hash) != 0)
        return TACIT_ERR_REFERENCE_WRONG;
    *reference = given;
    return TACIT_OK;
}

enum tacit_status reference_identity_tell(const struct format_reference_identity *identity,
                                          struct tacit_reference_identity *told)
{
    struct tacit_reference_identity full = {.n_bytes = identity->n_bytes,
                                            .n_hash = identity->n_hash};
    memcpy(full.hash, identity->hash, full.n_hash);
    return struct_give(told, &full, sizeof full);
}
