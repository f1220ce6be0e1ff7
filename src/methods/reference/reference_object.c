/* SPDX-License-Identifier: Apache-2.0
 *
 * The public functions of a reference (tacit/reference.h): make it, tell its identity, free it.
 */
#include "methods/reference/reference_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "content/content.h"
#include "methods/reference/reference_shelf.h"

enum {
    SNIFFED = 1 << 20, /* bytes that tell the type */
    SPLIT_MAX = 256,
};

/* The type of most of its end. Encoders write it to archives, so decoders do not depend on this
 * choice. */
static enum tacit_status find_type(struct tacit_reference *reference)
{
    size_t n = reference->n_bytes, n_sniffed = n < SNIFFED ? n : SNIFFED;
    struct content_segment *split = calloc(SPLIT_MAX, sizeof *split);
    uint32_t without_rows = 0;
    if (!split)
        return TACIT_ERR_MEMORY;
    for (unsigned i = 0; i < CONTENT_N_TYPES; i++)
        without_rows |= content_has_rows((enum content_type)i) ? 0 : CONTENT_BIT(i);
    size_t n_split = content_split(reference->data + (n - n_sniffed), n_sniffed, split, SPLIT_MAX);
    reference->type = content_commonest(split, n_split, without_rows, CONTENT_DEFAULT);
    free(split);
    return TACIT_OK;
}

enum tacit_status tacit_reference_create(struct tacit_reference **reference_out, const void *data,
                                         size_t n_bytes)
{
    *reference_out = NULL;
    if (!data || n_bytes == 0 || n_bytes > TACIT_REFERENCE_MAX)
        return TACIT_ERR_ARGUMENT;
    struct tacit_reference *reference = calloc(1, sizeof *reference);
    if (!reference)
        return TACIT_ERR_MEMORY;
    reference->n_bytes = (uint32_t)n_bytes;
    reference->data = malloc(n_bytes);
    enum tacit_status status = reference->data ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        memcpy(reference->data, data, n_bytes);
        reference->hash = hash128(data, n_bytes);
        status = find_type(reference);
    }
    if (status == TACIT_OK)
        status = reference_shelf_create(&reference->shelf);
    if (status != TACIT_OK) {
        tacit_reference_destroy(reference);
        return status;
    }
    *reference_out = reference;
    return TACIT_OK;
}

void tacit_reference_destroy(struct tacit_reference *reference)
{
    if (!reference)
        return;
    reference_shelf_destroy(reference->shelf);
    free(reference->data);
    free(reference);
}

enum tacit_status tacit_reference_get_identity(const struct tacit_reference *reference,
                                               struct tacit_reference_identity *identity)
{
    struct tacit_reference_identity full = {.n_bytes = reference->n_bytes,
                                            .n_hash = TACIT_REFERENCE_HASH};
    store_le64(full.hash, reference->hash.low);
    store_le64(full.hash + 8, reference->hash.high);
    return struct_give(identity, &full, sizeof full);
}
