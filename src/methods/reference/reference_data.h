/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a reference (tacit/reference.h): its bytes, and the models that have read them
 * (reference_shelf.h).
 */
#ifndef TACIT_METHODS_REFERENCE_REFERENCE_DATA_H
#define TACIT_METHODS_REFERENCE_REFERENCE_DATA_H

#include "base/hash.h"
#include "base/view.h"
#include "content/content_type.h"
#include "tacit/reference.h"

struct reference_shelf;

struct tacit_reference {
    uint8_t *data;
    uint32_t n_bytes;
    struct hash128 hash;
    enum content_type type; /* the type of most of it, a type without rows */
    struct reference_shelf *shelf;
};

/* None where reference is NULL. */
static inline struct byte_view reference_bytes(const struct tacit_reference *reference)
{
    return reference ? (struct byte_view){reference->data, reference->n_bytes}
                     : (struct byte_view){NULL, 0};
}

#endif
