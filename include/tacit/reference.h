/* SPDX-License-Identifier: Apache-2.0
 *
 * Reference files: content that both sides have already, an older version, yesterday's log, other records of
 * the same kind. The models read the reference before each block. Decompressing needs the same
 * bytes again; the archive names them by hash and size, an archive of short content by two bytes of
 * the hash.
 *
 *     tacit_reference_create -> { options.reference = reference; encoders, decoders, archives }*
 *         -> tacit_reference_destroy
 *
 * A reference is made once. Any number of encoders, decoders and threads share it. For the first
 * block of each kind (level, content, size) the models read the reference, which takes as long as
 * compressing that much content at the level. The reference keeps what the models have learnt, and
 * every later block begins with a copy.
 */
#ifndef TACIT_REFERENCE_H
#define TACIT_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_REFERENCE_MAX  ((uint64_t)1 << 30) /* bytes */
#define TACIT_REFERENCE_HASH 16

struct tacit_reference;

/* How archives name a reference. */
struct tacit_reference_identity {
    size_t struct_size; /* set by the caller */
    uint64_t n_bytes;   /* 0: none, or an archive of short content does not state it */
    uint32_t n_hash; /* bytes of hash that are known: 0 (none), 2 or 4 (short archives), or all */
    uint8_t hash[TACIT_REFERENCE_HASH]; /* XXH3 of 128 bits, the low byte first */
};

/* Copies n_bytes (1 .. TACIT_REFERENCE_MAX) of data. TACIT_ERR_ARGUMENT: none or too many;
 * TACIT_ERR_MEMORY. On failure *reference is NULL. */
TACIT_API enum tacit_status tacit_reference_create(struct tacit_reference **reference,
                                                   const void *data, size_t n_bytes);

/* TACIT_ERR_ARGUMENT: identity->struct_size is too small. */
TACIT_API enum tacit_status tacit_reference_get_identity(const struct tacit_reference *reference,
                                                         struct tacit_reference_identity *identity);

/* NULL is allowed. No encoder, decoder or archive may be using the reference. */
TACIT_API void tacit_reference_destroy(struct tacit_reference *reference);

#ifdef __cplusplus
}
#endif

#endif
