/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_set.h"

#include <stddef.h>

enum { MAP_LIMIT = 255, RUN_LIMIT = 255, RUN_LENGTH_MAX = 255 };

void context_set_lay_out(struct context_set *set, struct cm_setup *setup, unsigned n_contexts,
                         unsigned bytes_log2)
{
    struct slot_table table = {0};
    slot_table_lay_out(&table, setup->arena, bytes_log2);
    uint32_t(*map)[BIT_HISTORY_STATES] = arena_take(setup->arena, n_contexts * sizeof *map);
    uint32_t(*run_map)[RUN_KINDS] = arena_take(setup->arena, n_contexts * sizeof *run_map);
    shape_add_inputs(&setup->shape, n_contexts * CONTEXT_INPUTS);
    if (run_map == NULL)
        return;
    *set = (struct context_set){table, setup->tables, map, run_map, n_contexts};
    for (unsigned i = 0; i < n_contexts; i++) {
        for (unsigned s = 0; s < BIT_HISTORY_STATES; s++) {
            uint32_t n0 = setup->tables->history.n0[s], n1 = setup->tables->history.n1[s];
            map[i][s] = adaptive_start((n1 * 2 + 1) * 32768 / (n0 + n1 + 1), 0);
        }
        for (unsigned r = 0; r < RUN_KINDS; r++)
            run_map[i][r] = adaptive_start(r & 1 ? 60000 : 5536, 0);
    }
}

static void find_slots(struct context_set *set, struct context_set_stream *stream,
                       const struct cm_history *history)
{
    uint64_t hash[CONTEXT_SET_MAX];
    for (unsigned i = 0; i < set->n; i++) {
        hash[i] = stream->hash[i];
        if (history->bit == 4)
            hash[i] = (hash[i] + history->partial) * UINT64_C(0xd6e8feb86659fd93);
        slot_table_prefetch(&set->table, hash[i]);
    }
    for (unsigned i = 0; i < set->n; i++) {
        stream->slot[i] = slot_table_find(&set->table, hash[i]);
        if (history->bit == 0)
            stream->run_slot[i] = stream->slot[i];
    }
}

/* Which map entry, if any, speaks for the byte that followed last time. */
static uint32_t *run_entry(uint32_t *map, const struct slot *slot, const struct cm_history *history)
{
    unsigned expected = slot->run_byte | 0x100u;
    if (slot->run_length == 0 || expected >> (8 - history->bit) != history->partial)
        return NULL;
    unsigned length = slot->run_length < 16 ? slot->run_length : 15;
    return &map[length * 2 + (expected >> (7 - history->bit) & 1)];
}

static unsigned node_of(const struct cm_history *history)
{
    return history->bit < 4 ? history->partial - 1
                            : (history->partial & ((1u << (history->bit - 4)) - 1)) +
                                  (1u << (history->bit - 4)) - 1;
}

void context_set_predict(struct context_set *set, struct context_set_stream *stream,
                         const struct cm_history *history, struct mixer_inputs *inputs)
{
    if ((history->bit & 3) == 0)
        find_slots(set, stream, history);
    unsigned node = node_of(history);
    stream->n_known = 0;
    for (unsigned i = 0; i < set->n; i++) {
        unsigned state = stream->slot[i]->node[node];
        if (state == 0) {
            inputs_add(inputs, 0.0f);
            inputs_add(inputs, 0.0f);
        } else {
            uint32_t p = adaptive_p12(set->map[i][state]);
            inputs_add(inputs, set->tables->stretch[p]);
            inputs_add(inputs, ((float)(int)p - 2047.5f) * (1.0f / 1024.0f));
            stream->n_known++;
        }
        uint32_t *run = run_entry(set->run_map[i], stream->run_slot[i], history);
        inputs_add(inputs, run != NULL ? set->tables->stretch[adaptive_p12(*run)] : 0.0f);
        stream->run_entry[i] = run;
    }
}

static void update_run(struct slot *slot, unsigned byte)
{
    if (slot->run_length != 0 && slot->run_byte == byte) {
        slot->run_length = (uint8_t)(slot->run_length + (slot->run_length < RUN_LENGTH_MAX));
    } else {
        slot->run_byte = (uint8_t)byte;
        slot->run_length = 1;
    }
}

void context_set_update(struct context_set *set, struct context_set_stream *stream,
                        const struct cm_history *history, int bit)
{
    const struct cm_tables *t = set->tables;
    unsigned node = node_of(history);
    for (unsigned i = 0; i < set->n; i++) {
        uint8_t *state = &stream->slot[i]->node[node];
        adaptive_update(&set->map[i][*state], bit, &t->rates, MAP_LIMIT);
        *state = t->history.next[*state][bit];
        if (stream->run_entry[i] != NULL)
            adaptive_update(stream->run_entry[i], bit, &t->rates, RUN_LIMIT);
        if (history->bit == 7)
            update_run(stream->run_slot[i], (history->partial << 1 | (unsigned)bit) & 0xff);
    }
}
