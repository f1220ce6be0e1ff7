/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_set.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(CONTEXT_SET_MAX % KERNEL_LANES == 0, "adaptive_learn takes whole registers");

enum { HISTORY_START = 6, HISTORY_LIMIT = 1023, RUN_LIMIT = 255 };

void context_set_lay_out(struct context_set *set, struct input_setup *setup, unsigned n_contexts)
{
    struct context_maps *maps = arena_take(setup->arena, n_contexts * sizeof *maps);
    bool full = setup->config->strength == CONTEXT_STRONG;
    shape_add_inputs(&setup->shape, n_contexts * (full ? CONTEXT_INPUTS : 1));
    uint64_t salt = setup->n_contexts * UINT64_C(0x9e3779b97f4a7c15);
    setup->n_contexts += n_contexts;
    if (maps == NULL)
        return;
    *set = (struct context_set){.slots = setup->slots,
                                .tables = setup->tables,
                                .kernels = setup->kernels,
                                .maps = maps,
                                .n = n_contexts,
                                .salt = salt,
                                .full = full};
    for (unsigned i = 0; i < n_contexts; i++) {
        for (unsigned s = 0; s < BIT_HISTORY_STATES; s++) {
            uint32_t n0 = setup->tables->history.n0[s], n1 = setup->tables->history.n1[s];
            maps[i].history[s] =
                adaptive_start((n1 * 2 + 1) * 32768 / (n0 + n1 + 1), HISTORY_START);
        }
        for (unsigned r = 0; r < RUN_KINDS; r++)
            maps[i].run[r] = adaptive_start(r < 2 ? 32768 : r & 1 ? 60000 : 5536, 0);
    }
}

#define FRESH_SALT UINT64_C(0xbf58476d1ce4e5b9)

/* What follows where an item of the language model has ended is another matter than what follows
 * where it goes on. */
static uint64_t salt_of(const struct context_set *set, const struct history *history)
{
    return set->salt + (history->fresh ? FRESH_SALT : 0);
}

static uint64_t slot_hash(const struct context_set_stream *stream, unsigned i, uint64_t salt)
{
    return (stream->hash[i] + salt) * UINT64_C(0xd6e8feb86659fd93);
}

void context_set_prefetch(const struct context_set *set, const struct context_set_stream *stream,
                          const struct history *history)
{
    bool high = history->bit == 0;
    uint64_t salt = salt_of(set, history) + (high ? 0 : history->partial);
    for (unsigned i = 0; i < set->n; i++)
        if (high || stream->expected[i] != 0)
            slot_table_prefetch(set->slots, slot_hash(stream, i, salt));
}

static void find_high_slots(struct context_set *set, struct context_set_stream *stream,
                            const struct history *history)
{
    uint64_t salt = salt_of(set, history);
    for (unsigned i = 0; i < set->n; i++) {
        struct slot *slot = slot_table_find(set->slots, slot_hash(stream, i, salt));
        stream->nodes[i] = slot->node;
        stream->run_slot[i] = slot;
        stream->expected[i] = slot->run_length != 0 ? slot->run_byte | 0x100 : 0;
        stream->run_kind[i] = (uint8_t)((slot->run_length < 15 ? slot->run_length : 15) * 2);
    }
}

/* Sets the histories as if the slot had existed when the byte was seen first. */
static void seed_slot(const struct input_tables *t, struct slot *slot, unsigned byte)
{
    for (unsigned depth = 0; depth < 4; depth++) {
        unsigned leading = 1u << depth, bit = byte >> (3 - depth) & 1;
        slot->node[leading - 1 + ((byte & 15) >> (4 - depth))] = t->history.next[0][bit];
    }
}

/* A context seen for the first time gets no slot for its low nibble, since most contexts never come
 * again. If it does come again, the run's byte tells what the slot would hold. */
static void find_low_slots(struct context_set *set, struct context_set_stream *stream,
                           const struct history *history)
{
    uint64_t salt = salt_of(set, history) + history->partial;
    for (unsigned i = 0; i < set->n; i++) {
        if (stream->expected[i] == 0) {
            memset(stream->no_slot[i], 0, SLOT_NODES);
            stream->nodes[i] = stream->no_slot[i];
            continue;
        }
        struct slot *slot = slot_table_find(set->slots, slot_hash(stream, i, salt));
        stream->nodes[i] = slot->node;
        if (slot->node[0] == 0 && stream->expected[i] >> 4 == history->partial)
            seed_slot(set->tables, slot, stream->expected[i] & 0xff);
    }
}

/* The index in a slot of the present bit's history: its depth in the nibble, then the bits so far.
 */
static unsigned node_of(const struct history *history)
{
    unsigned leading = 1u << (history->bit & 3);
    return leading - 1 + (history->partial & (leading - 1));
}

/* The run that predicts the present bit of each context: none if what it expects has not come so far. */
static void find_runs(struct context_set_stream *stream, const struct history *history, unsigned n)
{
    const uint16_t *restrict expected = stream->expected;
    const uint8_t *restrict run_kind = stream->run_kind;
    uint8_t *restrict run_now = stream->run_now;
    unsigned partial = history->partial, next_shift = 7 - history->bit;
    for (unsigned i = 0; i < n; i++) {
        unsigned next = (unsigned)expected[i] >> next_shift;
        unsigned fits = 0u - (unsigned)(next >> 1 == partial);
        run_now[i] = (uint8_t)((run_kind[i] + (next & 1)) & fits);
    }
}

/* The loops below keep values in locals, since the compiler has to assume that each store may
 * change the structures. They have no branches, which a processor could not predict. What is read from the maps is
 * kept for context_set_update. */
static unsigned predict_fully(const struct context_set *set, struct context_set_stream *stream,
                              unsigned node, float *restrict x)
{
    static const float known_as_float[2] = {0.0f, 1.0f};
    const float *stretch = set->tables->stretch;
    const struct context_maps *maps = set->maps;
    uint8_t *const *nodes = stream->nodes;
    const uint8_t *run_now = stream->run_now;
    uint8_t *restrict state_now = stream->state_now;
    uint32_t *restrict history_now = stream->history_now, *restrict run_word = stream->run_word;
    unsigned n = set->n, n_known = 0;
    for (unsigned i = 0; i < n; i++, x += CONTEXT_INPUTS) {
        unsigned state = nodes[i][node], known = state != 0;
        uint32_t word = maps[i].history[state], run = maps[i].run[run_now[i]];
        uint32_t p = adaptive_p12(word);
        float factor = known_as_float[known];
        state_now[i] = (uint8_t)state;
        history_now[i] = word;
        run_word[i] = run;
        n_known += known;
        x[0] = stretch[p] * factor;
        x[1] = ((float)(int)p - 2047.5f) * (1.0f / 1024.0f) * factor;
        x[2] = stretch[adaptive_p12(run)];
    }
    return n_known;
}

static unsigned predict_quickly(const struct context_set *set, struct context_set_stream *stream,
                                unsigned node, float *restrict x)
{
    const float *stretch = set->tables->stretch;
    const struct context_maps *maps = set->maps;
    uint8_t *const *nodes = stream->nodes;
    uint8_t *restrict state_now = stream->state_now;
    uint32_t *restrict history_now = stream->history_now;
    unsigned n = set->n, n_known = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned state = nodes[i][node];
        uint32_t word = maps[i].history[state];
        state_now[i] = (uint8_t)state;
        history_now[i] = word;
        n_known += state != 0;
        x[i] = stretch[adaptive_p12(word)];
    }
    return n_known;
}

void context_set_predict(struct context_set *set, struct context_set_stream *stream,
                         const struct history *history, struct mixer_inputs *inputs)
{
    if (history->bit == 0)
        find_high_slots(set, stream, history);
    else if (history->bit == 4)
        find_low_slots(set, stream, history);
    float *x = inputs->x + inputs->n;
    unsigned node = node_of(history);
    if (set->full)
        find_runs(stream, history, set->n);
    stream->n_known =
        set->full ? predict_fully(set, stream, node, x) : predict_quickly(set, stream, node, x);
    inputs->n += set->n * (set->full ? CONTEXT_INPUTS : 1);
}

/* Lengths stay at 255 once they are there. */
static void update_runs(struct context_set *set, struct context_set_stream *stream, uint8_t byte)
{
    for (unsigned i = 0; i < set->n; i++) {
        struct slot *slot = stream->run_slot[i];
        unsigned length = slot->run_length, same = 0u - (unsigned)(slot->run_byte == byte);
        slot->run_length = (uint8_t)(((length - (length == 255)) & same) + 1);
        slot->run_byte = byte;
    }
}

/* Moves the histories on. What was read when the bit was predicted may be outdated: contexts whose slots are the same,
 * by chance, learn one after the other. */
static void update_histories(const struct context_set *set, struct context_set_stream *stream,
                             unsigned node, int bit)
{
    const uint8_t(*next)[2] = set->tables->history.next;
    uint8_t *const *nodes = stream->nodes;
    uint8_t *restrict state_now = stream->state_now;
    unsigned n = set->n, changed = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t *at = nodes[i] + node, state = *at;
        *at = next[state][bit];
        changed |= state ^ state_now[i];
        state_now[i] = state;
    }
    for (unsigned i = 0; changed != 0 && i < n; i++)
        stream->history_now[i] = set->maps[i].history[state_now[i]];
}

static void write_maps(struct context_set *set, const struct context_set_stream *stream)
{
    struct context_maps *restrict maps = set->maps;
    const uint8_t *run_now = stream->run_now, *state_now = stream->state_now;
    const uint32_t *history_now = stream->history_now, *run_word = stream->run_word;
    unsigned n = set->n;
    for (unsigned i = 0; i < n; i++)
        maps[i].history[state_now[i]] = history_now[i];
    if (set->full)
        for (unsigned i = 0; i < n; i++)
            maps[i].run[run_now[i]] = run_word[i];
}

void context_set_update(struct context_set *set, struct context_set_stream *stream,
                        const struct history *history, int bit)
{
    const uint16_t *reciprocal = set->tables->rates.reciprocal;
    size_t n = (set->n + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    update_histories(set, stream, node_of(history), bit);
    set->kernels->adaptive_learn(stream->history_now, n, bit, HISTORY_LIMIT, reciprocal);
    if (set->full)
        set->kernels->adaptive_learn(stream->run_word, n, bit, RUN_LIMIT, reciprocal);
    write_maps(set, stream);
    if (history->bit == 7)
        update_runs(set, stream, (uint8_t)(history->partial << 1 | (unsigned)bit));
}
