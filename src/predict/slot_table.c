/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/slot_table.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct slot) == 17, "three slots fill a cache line");
static_assert(sizeof(struct slot_line) == 64, "a line is a cache line");

void slot_table_lay_out(struct slot_table *table, struct arena *arena, size_t n_bytes)
{
    struct slot_line *lines = arena_take(arena, n_bytes);
    if (lines == NULL)
        return;
    table->lines = lines;
    table->n_lines = (uint32_t)(n_bytes / sizeof *lines);
}

struct slot *slot_table_find(struct slot_table *table, uint64_t hash)
{
    struct slot_line *line = slot_table_line(table, hash);
    uint16_t check = (uint16_t)((hash & 0xffff) != 0 ? hash & 0xffff : 1);
    unsigned hits = (unsigned)(line->check[0] == check) | (unsigned)(line->check[1] == check) << 1 |
                    (unsigned)(line->check[2] == check) << 2;
    if (hits != 0) { /* without a branch for each slot, which a processor could not predict */
        unsigned i = (unsigned)__builtin_ctz(hits);
        line->use[i] = (uint8_t)(line->use[i] + (line->use[i] < 255));
        return &line->slot[i];
    }
    unsigned victim = line->use[1] < line->use[0] ? 1 : 0;
    victim = line->use[2] < line->use[victim] ? 2 : victim;
    /* The others age; otherwise old contexts would never leave. */
    for (unsigned i = 0; i < SLOTS_A_LINE; i++)
        line->use[i] = (uint8_t)(line->use[i] - (line->use[i] >> 3));
    line->check[victim] = check;
    line->use[victim] = 1;
    memset(&line->slot[victim], 0, sizeof line->slot[victim]);
    return &line->slot[victim];
}
