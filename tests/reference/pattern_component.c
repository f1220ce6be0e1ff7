/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 7.
 */
#include "contexts.h"

struct pattern {
    struct context_set *contexts;
    uint32_t after1[256], after2[65536];
};

static void byte(void *state, const struct seen *seen)
{
    struct pattern *p = state;
    uint32_t l3 = (uint32_t)last(seen, 3), c = l3 & 255, d = l3 >> 8 & 255, e = l3 >> 16;
    uint32_t *to1 = &p->after1[d], *to2 = &p->after2[e << 8 | d];
    *to1 = (*to1 << 8 | c) & 0xffffff;
    *to2 = (*to2 << 8 | c) & 0xffff;
    uint64_t l = last(seen, 8), x = p->after1[c], y = p->after2[d << 8 | c];
    context(p->contexts, l & 0xffff00);
    context(p->contexts, l & 0xff00ff);
    context(p->contexts, l & 0xffff0000);
    context(p->contexts, l & 0xffffff00);
    context(p->contexts, l & 0xff00ffff);
    context(p->contexts, l & 0xf0f0f0f0f0f0);
    context(p->contexts, x << 8 | c);
    context(p->contexts, (x & 0xffff) << 16 | last(seen, 2));
    context(p->contexts, y << 16 | last(seen, 2));
    context(p->contexts, y << 32 | x);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    contexts_predict(((struct pattern *)state)->contexts, seen, given);
    give_selector(given, back(seen, 2));
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct pattern *)state)->contexts, seen, bit);
}

struct component make_pattern(struct setup *setup)
{
    struct pattern *p = zeros(sizeof *p);
    struct component c = {p, byte, predict, learn, 0, 1, {256}, 0, NULL};
    p->contexts = make_contexts(setup, &c, 10);
    return c;
}
