/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table from contexts at nibble boundaries to the bit histories of the nibble's 15 binary
 * decisions. Lines of 64 bytes hold three slots; a 16-bit check tells contexts apart, and the slot
 * with the least use gives way. A lookup touches one cache line, so fetch it early with
 * slot_table_prefetch.
 */
#ifndef TACIT_PREDICT_SLOT_TABLE_H
#define TACIT_PREDICT_SLOT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { SLOTS_A_LINE = 3, SLOT_NODES = 15 };

/* Beside the histories, for contexts at byte boundaries only: the last byte that followed the
 * context, and how often in a row. */
struct slot {
    uint8_t node[SLOT_NODES]; /* bit histories: the root, its 2 children, their 4, 8 */
    uint8_t run_byte;
    uint8_t run_length; /* 0: none yet */
};

struct slot_line {
    uint16_t check[SLOTS_A_LINE]; /* 0 in an unused slot */
    uint8_t use[SLOTS_A_LINE];
    uint8_t unused[4];
    struct slot slot[SLOTS_A_LINE];
};

struct slot_table {
    struct slot_line *lines;
    uint32_t n_lines;
};

/* n_bytes (rounded down to lines, at least one) from the arena, zeroed by whoever filled it. */
void slot_table_lay_out(struct slot_table *table, struct arena *arena, size_t n_bytes);

static inline struct slot_line *slot_table_line(const struct slot_table *table, uint64_t hash)
{
    return &table->lines[(hash >> 32) * table->n_lines >> 32];
}

static inline void slot_table_prefetch(const struct slot_table *table, uint64_t hash)
{
    __builtin_prefetch(slot_table_line(table, hash));
}

/* The context's slot, emptied if another context had it. hash: well mixed, all 64 bits. */
struct slot *slot_table_find(struct slot_table *table, uint64_t hash);

#endif
