/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps what a table was at a mark, by units of 64 bytes, so that going back costs what was changed and not
 * what the table is long.
 *
 *     undo_create -> { undo_touch before each change, ... -> undo_rewind }* -> undo_destroy
 *
 * Its memory is as long as the table, and 7 % more; of it only what changes between two rewinds is used.
 */
#ifndef TACIT_PREDICT_LEAN_UNDO_H
#define TACIT_PREDICT_LEAN_UNDO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tacit/status.h"

enum { UNDO_UNIT_LOG2 = 6, UNDO_UNIT = 1 << UNDO_UNIT_LOG2 };

struct undo {
    uint8_t *table;
    uint64_t *touched;         /* a bit for each unit */
    uint32_t *unit;            /* [n]: those that were touched ... */
    uint8_t (*was)[UNDO_UNIT]; /* ... and what they were */
    size_t n;
};

/* table: aligned to UNDO_UNIT; n_bytes: a multiple of it, below 2^38. TACIT_ERR_MEMORY: *undo is NULL. */
enum tacit_status undo_create(struct undo **undo, uint8_t *table, size_t n_bytes);

void undo_rewind(struct undo *undo);

/* NULL is allowed. */
void undo_destroy(struct undo *undo);

/* Before a change of what lies at a place of the table. */
static inline void undo_touch(struct undo *undo, const void *at)
{
    uint32_t unit = (uint32_t)((size_t)((const uint8_t *)at - undo->table) >> UNDO_UNIT_LOG2);
    uint64_t bit = UINT64_C(1) << (unit & 63);
    if (undo->touched[unit >> 6] & bit)
        return;
    undo->touched[unit >> 6] |= bit;
    undo->unit[undo->n] = unit;
    memcpy(undo->was[undo->n++], undo->table + ((size_t)unit << UNDO_UNIT_LOG2), UNDO_UNIT);
}

#endif
