/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 3.
 */
#include "contexts.h"

struct record {
    struct context_set *contexts;
    uint32_t w, c, marks;
    uint32_t at[256], gap[256], same[256];
};

static void guess_length(struct record *r, const struct seen *seen)
{
    unsigned v = back(seen, 1);
    uint32_t g = seen->n - r->at[v];
    r->at[v] = seen->n;
    if (g != r->gap[v] || g < 2 || g > 2048) {
        r->gap[v] = g;
        r->same[v] = 0;
    } else if (++r->same[v] == 4) {
        r->w = g;
        r->same[v] = 0;
    }
}

static uint64_t J(uint64_t x, uint64_t y)
{
    return (x + 1) * K1 + y;
}

static void byte(void *state, const struct seen *seen)
{
    struct record *r = state;
    if (seen->type == 3)
        r->w = seen->stride;
    else if (seen->n != 0)
        guess_length(r, seen);
    r->c = (seen->n - seen->start + r->w - seen->offset) % r->w;
    uint64_t c = r->c, a = back(seen, r->w), b = back(seen, 2 * r->w);
    uint64_t l = back(seen, 1), ll = back(seen, 2), al = back(seen, r->w + 1);
    uint64_t ar = r->w == 1 ? 0 : back(seen, r->w - 1);
    uint64_t l8 = last(seen, 8);
    r->marks = r->marks << 2 | (uint32_t)(l == back(seen, 5)) << 1 | (l == 0);
    struct context_set *s = r->contexts;
    context(s, J(a << 8 | l, c));
    context(s, J(a << 8 | b, c));
    context(s, J(l << 8 | ll, c));
    context(s, a << 16 | al << 8 | l);
    context(s, l8 & 0xff000000ffu);
    context(s, (l8 & 0xffe00000u) | (r->marks & 0xff));
    context(s, l8 & 0xff00000000u);
    context(s, l8 & 0xffff000000u);
    context(s, l8 & 0xff00ff00000000u);
    context(s, l8 & 0xff00000000ffu);
    context(s, back(seen, 8));
    context(s, r->marks);
    context(s, J(c, a));
    context(s, J(c, l));
    context(s, a << 16 | b << 8 | l);
    context(s, J(c, (a + l - al) & 0x1ff));
    context(s, a << 16 | ar << 8 | l);
    context(s, J(c, (a - b) & 0x1ff) << 8 | a);
    context(s, J(a << 16 | b << 8 | back(seen, 3 * r->w), 3));
    context(s, J(J(c, last(seen, 3)), a));
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct record *r = state;
    contexts_predict(r->contexts, seen, given);
    give_selector(given, back(seen, r->w));
    give_selector(given, least(r->c, 127) * 8 + seen->i);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct record *)state)->contexts, seen, bit);
}

struct component make_record(struct setup *setup)
{
    struct record *r = zeros(sizeof *r);
    struct component c = {r, byte, predict, learn, 0, 2, {256, 1024}, 0, NULL};
    r->w = 4;
    r->contexts = make_contexts(setup, &c, setup->strong ? 20 : 6);
    own(setup, &r->w, sizeof *r - offsetof(struct record, w));
    return c;
}
