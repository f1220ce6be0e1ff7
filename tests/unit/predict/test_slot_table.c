/* SPDX-License-Identifier: Apache-2.0
 *
 * The slot table: where slots lie, how many contexts it keeps, and which gives way.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "predict/slot_table.h"

static void check_slots(void)
{
    enum { N_BYTES = 1 << 16 };
    struct arena arena = {aligned_alloc(64, N_BYTES), N_BYTES, 0};
    struct slot_table table = {0};
    memset(arena.memory, 0, N_BYTES);
    slot_table_lay_out(&table, &arena, N_BYTES);
    uint64_t hash[100], state = 1;
    for (unsigned i = 0; i < 100; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        hash[i] = state ^ state >> 29;
        struct slot *slot = slot_table_find(&table, hash[i]);
        CHECK((uint8_t *)slot >= arena.memory && (uint8_t *)(slot + 1) <= arena.memory + N_BYTES);
        CHECK(slot->node[0] == 0 && slot->run_length == 0);
        slot->node[0] = (uint8_t)(i + 1);
    }
    unsigned n_kept = 0;
    for (unsigned i = 0; i < 100; i++)
        n_kept += slot_table_find(&table, hash[i])->node[0] == i + 1;
    CHECK_MSG(n_kept >= 97, "%u of 100 kept in a table of 3072", n_kept);
    /* A context that comes again and again survives a flood of others in its line. */
    struct slot *used = slot_table_find(&table, hash[0]);
    used->node[1] = 99;
    for (unsigned i = 0; i < 8; i++)
        slot_table_find(&table, hash[0]);
    for (unsigned i = 1; i < 6; i++)
        slot_table_find(&table, hash[0] ^ i << 3);
    CHECK(slot_table_find(&table, hash[0])->node[1] == 99);
    free(arena.memory);
}

int main(void)
{
    check_slots();
    return check_result();
}
