/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash of a field's bytes, and of fields together: `add` of docs/components.md, section 8.
 */
#ifndef TACIT_PREDICT_COMPONENTS_TEXT_ADD_HASH_H
#define TACIT_PREDICT_COMPONENTS_TEXT_ADD_HASH_H

#include <stdint.h>

static inline uint64_t add_hash(uint64_t hash, uint64_t value)
{
    return (hash + value + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 31;
}

#endif
