/* SPDX-License-Identifier: Apache-2.0
 *
 * The predictor's parts one by one: bit histories, slots, adaptive probabilities, the refiner.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"
#include "check.h"
#include "predict/bit_history.h"
#include "predict/refiner.h"
#include "predict/slot_table.h"

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

static void check_adaptive(void)
{
    struct adaptive_rates rates;
    adaptive_rates_init(&rates);
    for (int bit = 0; bit < 2; bit++) {
        uint32_t word = adaptive_start(32768, 0);
        for (int i = 0; i < 100000; i++)
            adaptive_update(&word, bit, &rates, 1023);
        CHECK_MSG(adaptive_p12(word) / 2 == (bit ? 2047u : 0u), "%x", word); /* within 2^-11 */
    }
    uint32_t word = adaptive_start(32768, 0);
    for (int i = 0; i < 40000; i++)
        adaptive_update(&word, i % 4 == 0, &rates, 255);
    CHECK_MSG(adaptive_p12(word) > 1000 && adaptive_p12(word) < 1048, "%x", word);
}

static void check_refiner(void)
{
    struct arena sizes = {0};
    struct refiner refiner = {0};
    struct refiner_stream stream = {0};
    refiner_lay_out(&refiner, &sizes, REFINER_MAPS);
    struct arena arena = {aligned_alloc(64, sizes.used), sizes.used, 0};
    refiner_lay_out(&refiner, &arena, REFINER_MAPS);
    uint8_t ring[16] = {0};
    struct cm_history h = {.ring = ring, .mask = 15, .partial = 1};
    for (float x = -14; x <= 14; x += 0.37f) {
        float p = strict_squash(x), refined = refiner_predict(&refiner, &stream, &h, x, p);
        CHECK_MSG(refined > 0 && refined < 1, "%g", x);
        CHECK_MSG((refined - p) * (refined - p) < 0.02f * 0.02f, "%g changes %g to %g", x, p,
                  refined);
    }
    float before = refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
    for (int i = 0; i < 500; i++) {
        refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
        refiner_update(&refiner, &stream, 0);
    }
    float after = refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
    CHECK_MSG(after < before - 0.3f, "%g to %g", before, after);
    free(arena.memory);
}

int main(void)
{
    check_bit_histories();
    check_slots();
    check_adaptive();
    check_refiner();
    return check_result();
}
