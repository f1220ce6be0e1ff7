/* SPDX-License-Identifier: Apache-2.0 */
#include "contexts.h"

#include <string.h>

struct slot {
    uint16_t check;
    uint8_t use, node[15], run_byte, run_length;
};

struct slots {
    uint64_t n_lines;
    struct slot (*line)[3];
};

struct slots *make_slots(uint32_t n_lines)
{
    struct slots *slots = zeros(sizeof *slots);
    slots->n_lines = n_lines;
    slots->line = zeros(slots->n_lines * sizeof *slots->line);
    return slots;
}

static struct slot *find(struct slots *slots, uint64_t hash)
{
    struct slot *line = slots->line[(hash >> 32) * slots->n_lines >> 32], *found = line;
    uint16_t check = (uint16_t)hash;
    check = check == 0 ? 1 : check;
    for (int i = 0; i < 3; i++)
        if (line[i].check == check) {
            line[i].use = (uint8_t)least(line[i].use + 1u, 255);
            return &line[i];
        }
    for (int i = 1; i < 3; i++)
        if (line[i].use < found->use)
            found = &line[i];
    for (int i = 0; i < 3; i++)
        line[i].use = (uint8_t)(line[i].use - (line[i].use >> 3));
    *found = (struct slot){.check = check, .use = 1};
    return found;
}

struct context_set *make_contexts(struct setup *setup, struct component *component, unsigned n)
{
    struct context_set *set = zeros(sizeof *set);
    set->slots = setup->slots;
    set->salt = setup->n_contexts * K0;
    set->n = n;
    set->strong = setup->strong;
    setup->n_contexts += n;
    component->n_inputs += setup->strong ? 3 * n : n;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned s = 0; s < histories.n; s++) {
            uint32_t n0 = histories.n0[s], n1 = histories.n1[s];
            set->context[i].H[s] = counter((2 * n1 + 1) * 32768 / (n0 + n1 + 1), 6);
        }
        for (unsigned r = 0; r < 32; r++)
            set->context[i].Q[r] = counter(r < 2 ? 32768 : r % 2 ? 60000 : 5536, 0);
    }
    return set;
}

void context(struct context_set *set, uint64_t number)
{
    uint64_t i = set->n_given++;
    if (i >= set->n)
        return;
    uint64_t h = (number + i + 1) * K0;
    h = (h ^ h >> 29) + (i << 57);
    h = h * K2;
    set->context[i].hash = h ^ h >> 32;
}

static uint64_t salt_of(const struct context_set *set, const struct seen *seen)
{
    return seen->fresh ? set->salt + K2 : set->salt;
}

static void begin_byte(struct context_set *set, const struct seen *seen)
{
    set->n_given = 0;
    for (unsigned i = 0; i < set->n; i++) {
        struct context *c = &set->context[i];
        struct slot *slot = find(set->slots, (c->hash + salt_of(set, seen)) * K1);
        c->run_slot = slot;
        c->nodes = slot->node;
        c->expected = slot->run_length ? 256u + slot->run_byte : 0;
        c->run_kind = 2 * least(slot->run_length, 15);
    }
}

static void begin_low_bits(struct context_set *set, const struct seen *seen)
{
    unsigned partial = seen->partial;
    for (unsigned i = 0; i < set->n; i++) {
        struct context *c = &set->context[i];
        if (c->expected == 0) {
            memset(c->no_nodes, 0, sizeof c->no_nodes);
            c->nodes = c->no_nodes;
            continue;
        }
        c->nodes = find(set->slots, (c->hash + salt_of(set, seen) + partial) * K1)->node;
        unsigned e = c->expected & 15;
        if (c->nodes[0] == 0 && c->expected >> 4 == partial)
            for (unsigned d = 0; d < 4; d++)
                c->nodes[(1u << d) - 1 + (e >> (4 - d))] = histories.after[0][e >> (3 - d) & 1];
    }
}

static uint8_t *node_of(struct context *c, const struct seen *seen)
{
    unsigned leading = 1u << (seen->i % 4);
    return &c->nodes[leading - 1 + seen->partial % leading];
}

void contexts_predict(struct context_set *set, const struct seen *seen, struct given *given)
{
    if (seen->i == 0)
        begin_byte(set, seen);
    if (seen->i == 4)
        begin_low_bits(set, seen);
    set->known = 0;
    for (unsigned i = 0; i < set->n; i++) {
        struct context *c = &set->context[i];
        unsigned state = *node_of(c, seen);
        bool fits = c->expected >> (8 - seen->i) == seen->partial;
        set->known += state != 0;
        if (!set->strong) {
            give(given, counter_S(c->H[state]));
            continue;
        }
        give(given, state ? counter_S(c->H[state]) : 0.0f);
        give(given, state ? counter_D(c->H[state]) : 0.0f);
        c->r = fits ? c->run_kind + (c->expected >> (7 - seen->i) & 1) : 0;
        give(given, counter_S(c->Q[c->r]));
    }
}

void contexts_learn(struct context_set *set, const struct seen *seen, int bit)
{
    for (unsigned i = 0; i < set->n; i++) {
        struct context *c = &set->context[i];
        uint8_t *node = node_of(c, seen), state = *node;
        *node = histories.after[state][bit];
        counter_learn(&c->H[state], bit, 1023);
        if (set->strong)
            counter_learn(&c->Q[c->r], bit, 255);
    }
    uint8_t byte = (uint8_t)(2 * seen->partial + (unsigned)bit);
    for (unsigned i = 0; i < set->n && seen->i == 7; i++) {
        struct slot *slot = set->context[i].run_slot;
        bool again = slot->run_length != 0 && slot->run_byte == byte;
        slot->run_length = again ? (uint8_t)least(slot->run_length + 1u, 255) : 1;
        slot->run_byte = byte;
    }
}
