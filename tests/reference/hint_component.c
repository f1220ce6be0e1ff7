/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 9: what the language model says, as a component.
 */
#include "component.h"

struct hinted {
    const struct hint *hint;
    uint32_t by_node[64][256], by_last[64][1024], *used[2];
};

static unsigned level_of(float x)
{
    int level = (int)((x + 14.0f) * (32.0f / 14.0f));
    return level < 0 ? 0 : level > 63 ? 63 : (unsigned)level;
}

static void byte(void *state, const struct seen *seen)
{
    (void)state;
    (void)seen;
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct hinted *h = state;
    float x = h->hint->stretch;
    unsigned level = level_of(x);
    give_selector(given, h->hint->context);
    give_selector(given, level * 8 + seen->i);
    h->used[0] = h->used[1] = NULL;
    if (!h->hint->absent) {
        h->used[0] = &h->by_node[level][seen->partial];
        h->used[1] = &h->by_last[level][(last(seen, 1) << 8 | seen->partial) * K0 >> 54];
    }
    give(given, h->used[0] ? x : 0.0f);
    give(given, h->used[0] ? (squash(x) - 0.5f) * 4.0f : 0.0f);
    for (int i = 0; i < 2; i++)
        give(given, h->used[0] ? counter_S(*h->used[i]) : 0.0f);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct hinted *h = state;
    (void)seen;
    for (int i = 0; i < 2 && h->used[0] != NULL; i++)
        counter_learn(h->used[i], bit, 255);
}

struct component make_hint(struct setup *setup)
{
    struct hinted *h = zeros(sizeof *h);
    h->hint = setup->hint;
    for (int level = 0; level < 64; level++) {
        float x = ((float)level + 0.5f) / (32.0f / 14.0f) - 14.0f;
        uint32_t start = counter((uint32_t)(squash(x) * 65535.0f), 6);
        for (int i = 0; i < 256; i++)
            h->by_node[level][i] = start;
        for (int i = 0; i < 1024; i++)
            h->by_last[level][i] = start;
    }
    return (struct component){h, byte, predict, learn, 4, 2, {256, 512}, 0, NULL};
}
