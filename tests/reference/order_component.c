/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 1.
 */
#include "contexts.h"

struct order {
    bool strong;
    struct context_set *contexts;
};

static void byte(void *state, const struct seen *seen)
{
    static const unsigned quick[5] = {0, 1, 2, 4, 6}, strong[8] = {0, 1, 2, 3, 4, 6, 5, 8};
    struct order *o = state;
    for (unsigned i = 0; i < o->contexts->n; i++)
        context(o->contexts, last(seen, o->strong ? strong[i] : quick[i]));
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct order *o = state;
    contexts_predict(o->contexts, seen, given);
    give_selector(given, seen->partial);
    give_selector(given, o->contexts->known * 8 + seen->i);
    if (!o->strong)
        return;
    give_selector(given, back(seen, 1));
    give_selector(given, seen->i * 256 + back(seen, 1));
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct order *)state)->contexts, seen, bit);
}

struct component make_order(struct setup *setup)
{
    struct order *o = zeros(sizeof *o);
    unsigned n = setup->strong ? 8 : 5;
    struct component c = {o, byte, predict, learn, 0, setup->strong ? 4 : 2, {0}, 0, NULL};
    uint32_t choices[] = {256, 8 * (n + 1), 256, 2048};
    for (int k = 0; k < 4; k++)
        c.choices[k] = choices[k];
    o->strong = setup->strong;
    o->contexts = make_contexts(setup, &c, n);
    return c;
}
