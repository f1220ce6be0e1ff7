/* SPDX-License-Identifier: Apache-2.0
 *
 * A table comes back to what it was, wherever and however often it was changed.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "predict/lean/undo.h"

enum { N_BYTES = 200 * UNDO_UNIT };

int main(void)
{
    static uint8_t table[N_BYTES] __attribute__((aligned(UNDO_UNIT))), was[N_BYTES];
    struct undo *undo;
    uint64_t state = 1;
    for (size_t i = 0; i < N_BYTES; i++)
        was[i] = table[i] = (uint8_t)(i * 7 + i / 256);
    CHECK(undo_create(&undo, table, N_BYTES) == TACIT_OK);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < 300 * round; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            uint8_t *at = &table[(state >> 33) % N_BYTES];
            undo_touch(undo, at);
            *at ^= 0x55;
        }
        CHECK((memcmp(table, was, N_BYTES) == 0) == (round == 0));
        undo_rewind(undo);
        CHECK_MSG(memcmp(table, was, N_BYTES) == 0, "round %u", round);
    }
    table[0] ^= 1; /* what was not told stays */
    undo_rewind(undo);
    CHECK(table[0] != was[0]);
    undo_destroy(undo);
    undo_destroy(NULL);
    return check_result();
}
