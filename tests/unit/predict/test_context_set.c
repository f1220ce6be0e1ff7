/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts of a set whose slots are the same by chance learn one after the other, as if each were alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "kernels/kernels.h"
#include "predict/context_set.h"

enum { N = 20, N_BYTES = 1 << 20, TABLE_BYTES = 1 << 12, ROUNDS = 300 };

struct set_case {
    struct kernels kernels;
    struct input_tables tables;
    struct slot_table slots;
    struct context_set set;
    struct context_set_stream stream;
    uint8_t *memory;
};

static struct set_case *make_case(uint32_t features)
{
    struct set_case *c = aligned_alloc(64, (sizeof *c + 63) / 64 * 64);
    memset(c, 0, sizeof *c);
    struct context_config config = {.strength = CONTEXT_STRONG};
    struct arena arena = {c->memory = aligned_alloc(64, N_BYTES), N_BYTES, 0};
    struct input_setup setup = {.config = &config,
                                .tables = &c->tables,
                                .kernels = &c->kernels,
                                .arena = &arena,
                                .slots = &c->slots};
    memset(c->memory, 0, N_BYTES);
    kernels_select(&c->kernels, features);
    bit_history_init(&c->tables.history);
    adaptive_rates_init(&c->tables.rates);
    slot_table_lay_out(&c->slots, &arena, TABLE_BYTES);
    context_set_lay_out(&c->set, &setup, N);
    return c;
}

/* Contexts 0 .. 3 have one slot; others come to share slots too, in so small a table. */
static void check_shared_slots(uint32_t features)
{
    struct set_case *c = make_case(features);
    struct history history = {0};
    float x[N * CONTEXT_INPUTS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        int bit = (int)(round * round / 7 & 1);
        history.bit = round & 7;
        history.partial = history.bit == 0 ? 1 : history.partial;
        for (unsigned i = 0; history.bit == 0 && i < N; i++)
            context_set_hash(&c->stream, i < 4 ? 0 : i, round / 8 % 2 * 77);
        for (unsigned i = 0; i < 4; i++)
            c->stream.hash[i] = c->stream.hash[0];
        struct mixer_inputs inputs = {.x = x};
        context_set_predict(&c->set, &c->stream, &history, &inputs);
        uint8_t *at[N], state[N];
        uint32_t want[N];
        for (unsigned i = 0; i < N; i++) {
            unsigned leading = 1u << (history.bit & 3);
            at[i] = c->stream.nodes[i] + leading - 1 + (history.partial & (leading - 1));
            state[i] = *at[i];
            for (unsigned j = 0; j < i; j++)
                state[i] = at[j] == at[i] ? c->tables.history.next[state[j]][bit] : state[i];
            want[i] = c->set.maps[i].history[state[i]];
            adaptive_update(&want[i], bit, &c->tables.rates, ADAPTIVE_LIMIT_MAX);
        }
        context_set_update(&c->set, &c->stream, &history, bit);
        for (unsigned i = 0; i < N; i++)
            CHECK_MSG(c->set.maps[i].history[state[i]] == want[i], "round %u, context %u", round,
                      i);
        CHECK(round < 16 || (history.bit & 4) || at[3] == at[0]);
        CHECK(*at[3] == c->tables.history.next[state[3]][bit]);
        history.partial = history.partial << 1 | (unsigned)bit;
    }
    free(c->memory);
    free(c);
}

int main(void)
{
    check_shared_slots(CPU_SCALAR);
    check_shared_slots(cpu_features());
    return check_result();
}
