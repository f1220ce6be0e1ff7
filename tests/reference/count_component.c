/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 13.
 */
#include "component.h"

struct count {
    unsigned memory;
    uint32_t (*table[3])[16];
    uint32_t *line[3], *used[3];
};

static void byte(void *state, const struct seen *seen)
{
    (void)state, (void)seen;
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct count *c = state;
    unsigned power = 1U << seen->i % 4;
    for (unsigned t = 0; t < 3; t++) {
        if (seen->i % 4 == 0) {
            uint64_t h = (last(seen, t + 1) + 1) * K0 + seen->partial * K1;
            h = (h ^ h >> 29) * K2;
            c->line[t] = c->table[t][h >> (55 - c->memory)];
        }
        c->used[t] = &c->line[t][power + seen->partial % power];
        if ((*c->used[t] & 0x3ff) != 0) {
            give_pair(given, *c->used[t]);
        } else {
            give(given, 0.0f);
            give(given, 0.0f);
        }
    }
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct count *c = state;
    (void)seen;
    for (unsigned t = 0; t < 3; t++)
        counter_learn(c->used[t], bit, 1023);
}

struct component make_count(struct setup *setup)
{
    struct count *c = zeros(sizeof *c);
    size_t n_lines = (size_t)1 << (setup->memory + 9);
    c->memory = setup->memory;
    for (unsigned t = 0; t < 3; t++) {
        c->table[t] = zeros(n_lines * sizeof *c->table[t]);
        for (size_t line = 0; line < n_lines; line++)
            for (unsigned i = 0; i < 16; i++)
                c->table[t][line][i] = counter(32768, 0);
    }
    return (struct component){c, byte, predict, learn, 6, 0, {0}, 0, NULL};
}
