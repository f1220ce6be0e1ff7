/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 8.
 */
#include <string.h>

#include "contexts.h"

struct table {
    bool strong;
    struct context_set *contexts;
    uint32_t line, beside, column, equal;
    uint64_t sum, left, above[64];
};

static unsigned strength(unsigned c)
{
    return c == 0                           ? 0
           : c == '\n'                      ? 3
           : strchr(",;|\t", (int)c)        ? 2
           : strchr(":/=()[]<>{} ", (int)c) ? 1
                                            : 0;
}

static uint64_t add(uint64_t h, uint64_t v)
{
    return (h + v + 1) * K0 ^ h >> 31;
}

static void seek(struct table *t, const struct seen *seen, unsigned c)
{
    uint32_t p = t->beside;
    for (int i = 0; i < 256 && p != t->line; i++, p++) {
        if (ring_at(seen, p) == c) {
            t->beside = p + 1;
            return;
        }
        if (strength(ring_at(seen, p)) > strength(c))
            return;
    }
}

static void take(struct table *t, const struct seen *seen, unsigned c)
{
    bool end = t->beside == t->line;
    unsigned expected = ring_at(seen, t->beside);
    t->sum = add(t->sum, c);
    t->equal = t->equal != 0 && !end && c == expected ? t->equal + 1 : 0;
    if (strength(c) > 0) {
        t->above[t->column++ % 64] = t->left = t->sum;
        t->sum = 0;
        t->equal = 1;
    }
    if (c == '\n') {
        t->beside = t->line;
        t->line = seen->n;
        t->column = 0;
        t->left = 0;
    } else if (strength(c) > 0) {
        seek(t, seen, c);
    } else if (!end && strength(expected) == 0) {
        t->beside++;
    }
}

static void byte(void *state, const struct seen *seen)
{
    struct table *t = state;
    if (seen->n != 0)
        take(t, seen, back(seen, 1));
    uint64_t A = t->above[t->column % 64], q = 0, e = least(t->equal, 15), column = t->column;
    for (uint32_t j = 0; j < 3 && t->beside + j < t->line; j++)
        q |= (uint64_t)ring_at(seen, t->beside + j) << (8 * j);
    context(t->contexts, add(t->sum, A));
    context(t->contexts, add(t->sum, column));
    context(t->contexts, q << 8 | back(seen, 1));
    context(t->contexts, add(t->sum, t->left));
    context(t->contexts, (q & 0xff) << 32 | column << 8 | e);
    context(t->contexts, add(t->sum, add(t->left, A)));
    context(t->contexts, (q & 0xffff) << 32 | last(seen, 2) << 8 | e);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct table *t = state;
    contexts_predict(t->contexts, seen, given);
    unsigned u = t->beside == t->line ? '\n' : ring_at(seen, t->beside);
    unsigned v = t->equal < 3 ? t->equal : t->equal < 8 ? 3 : t->equal < 16 ? 4 : 5;
    bool fits = (0x100 | u) >> (8 - seen->i) == seen->partial;
    give_selector(given, ((fits ? 2 + (u >> (7 - seen->i) & 1) : 0) << 3 | v) * 8 + seen->i);
    if (t->strong)
        give_selector(given, u);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct table *)state)->contexts, seen, bit);
}

struct component make_table(struct setup *setup)
{
    struct table *t = zeros(sizeof *t);
    struct component c = {t, byte, predict, learn, 0, setup->strong ? 2 : 1, {256, 256}, 0, NULL};
    t->strong = setup->strong;
    t->contexts = make_contexts(setup, &c, setup->strong ? 7 : 1);
    own(setup, &t->line, sizeof *t - offsetof(struct table, line));
    return c;
}
