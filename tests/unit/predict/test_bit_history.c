/* SPDX-License-Identifier: Apache-2.0
 *
 * Bit histories: their states, what each remembers, and where a long run ends.
 */
#include <stdbool.h>

#include "check.h"
#include "predict/bit_history.h"

static void check_bit_histories(void)
{
    struct bit_history t;
    bit_history_init(&t);
    unsigned n_reached = 0;
    for (unsigned s = 0; s < BIT_HISTORY_STATES; s++) {
        if (s != 0 && t.n0[s] + t.n1[s] == 0)
            continue; /* not a state */
        n_reached++;
        for (unsigned bit = 0; bit < 2; bit++) {
            unsigned next = t.next[s][bit];
            CHECK_MSG(next != 0, "state %u, bit %u: back to the empty one", s, bit);
            unsigned seen = bit ? t.n1[next] : t.n0[next], before = bit ? t.n1[s] : t.n0[s];
            unsigned other = bit ? t.n0[next] : t.n1[next], was = bit ? t.n0[s] : t.n1[s];
            CHECK_MSG(seen <= before + 1 && seen >= 1 && other <= was, "state %u, bit %u", s, bit);
        }
    }
    /* All states that the rules lead to have a number: had one been left out, a successor would be 0. */
    CHECK_MSG(n_reached > 200 && n_reached <= 256, "%u states", n_reached);
    /* Four bits are remembered exactly: all 16 orders differ. */
    bool taken[BIT_HISTORY_STATES] = {false};
    for (unsigned bits = 0; bits < 16; bits++) {
        unsigned s = 0;
        for (unsigned i = 0; i < 4; i++)
            s = t.next[s][bits >> i & 1];
        CHECK_MSG(!taken[s], "bits %x", bits);
        taken[s] = true;
    }
    /* A long run reaches a fixed point that one contrary bit leaves. */
    unsigned s = 0;
    for (int i = 0; i < 100; i++)
        s = t.next[s][1];
    CHECK(t.next[s][1] == s && t.n0[s] == 0 && t.n1[s] > 30);
    CHECK(t.n1[t.next[s][0]] < 10 && t.n0[t.next[s][0]] == 1);
}

int main(void)
{
    check_bit_histories();
    return check_result();
}
