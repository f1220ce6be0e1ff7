/* SPDX-License-Identifier: Apache-2.0 */
#include "predictor.h"

#include "component.h"
#include "contexts.h"
#include "lean.h"
#include "mixing.h"

enum { GENERAL, IMAGE, AUDIO, N_GROUPS };

struct group {
    struct component component[16];
    unsigned n_components;
    struct mixer *mixer;
    struct refiner *refiner;
    struct lean *lean; /* in place of these, or NULL */
};

struct predictor {
    struct seen seen;
    struct group groups[N_GROUPS], *group;
};

static int group_of(unsigned type)
{
    return type == 5 || type == 6 || type == 10 ? IMAGE : type == 7 ? AUDIO : GENERAL;
}

#define TYPE(t)  (UINT32_C(1) << (t))
#define ANY_TYPE UINT32_C(0xffffffff)

static const struct {
    int group;
    bool strong_only;
    uint32_t made_for, works_in; /* types */
    struct component (*make)(struct setup *setup);
} all_components[] = {
    {GENERAL, false, ANY_TYPE, ANY_TYPE, make_order},
    {GENERAL, false, TYPE(11), TYPE(11), make_bitmap},
    {GENERAL, false, TYPE(0) | TYPE(3) | TYPE(4), TYPE(0) | TYPE(3) | TYPE(4), make_record},
    {GENERAL, false, TYPE(4), TYPE(4), make_x86},
    {GENERAL, false, ANY_TYPE, ANY_TYPE, make_match},
    {GENERAL, true, ANY_TYPE, ANY_TYPE, make_count},
    {GENERAL, false, TYPE(1) | TYPE(2) | TYPE(8), TYPE(0) | TYPE(1) | TYPE(2) | TYPE(3) | TYPE(8),
     make_text},
    {GENERAL, true, ANY_TYPE, ANY_TYPE, make_pattern},
    {GENERAL, false, TYPE(8), TYPE(1) | TYPE(8), make_table},
    {IMAGE, false, ANY_TYPE, ANY_TYPE, make_image},
    {AUDIO, false, ANY_TYPE, ANY_TYPE, make_audio},
};

static void make_group(struct group *group, int which, uint32_t types, struct setup *setup)
{
    unsigned n_inputs = 0, n_selectors = 0;
    uint32_t choices[32];
    for (unsigned i = 0; i < sizeof all_components / sizeof *all_components; i++) {
        if (all_components[i].group != which || (all_components[i].made_for & types) == 0 ||
            (all_components[i].strong_only && !setup->strong))
            continue;
        struct component c = all_components[i].make(setup);
        c.types = all_components[i].works_in;
        n_inputs += c.n_inputs;
        for (unsigned k = 0; k < c.n_selectors; k++)
            choices[n_selectors++] = c.choices[k];
        group->component[group->n_components++] = c;
    }
    group->mixer =
        make_mixer(setup->strong, setup->strong && (which != GENERAL || (types & TYPE(11)) != 0),
                   n_inputs, n_selectors, choices);
    group->refiner = make_refiner(setup->strong);
}

struct predictor *make_predictor(enum block_strength strength, unsigned memory, uint32_t types,
                                 uint64_t n_reference, uint64_t n_content)
{
    struct predictor *p = zeros(sizeof *p);
    bool lean = strength == BLOCK_LEAN;
    struct setup setup = {.strong = strength == BLOCK_STRONG,
                          .memory = memory,
                          .slots = make_slots((lean ? 1u : 3u) << (memory + 12)),
                          .n_reference = n_reference};
    bool wanted[N_GROUPS] = {false};
    for (unsigned type = 0; type < 32; type++)
        if (types >> type & 1)
            wanted[group_of(type)] = true;
    for (int i = 0; i < N_GROUPS; i++)
        if (wanted[i] && (!lean || i != GENERAL))
            make_group(&p->groups[i], i, types, &setup);
    if (lean && wanted[GENERAL])
        p->groups[GENERAL].lean = make_lean(memory, n_reference);
    p->seen.ring_size = UINT32_C(1) << (memory + (lean ? 18 : 16));
    while (n_reference > 0 && p->seen.ring_size < n_reference + n_content)
        p->seen.ring_size *= 2;
    p->seen.ring = zeros(p->seen.ring_size);
    p->seen.partial = 1;
    return p;
}

void begin_segment(struct predictor *p, unsigned type, uint32_t stride, uint32_t offset)
{
    p->seen.type = type;
    p->seen.stride = stride;
    p->seen.offset = offset;
    p->seen.start = p->seen.n;
    p->group = &p->groups[group_of(type)];
}

static bool rests(const struct component *c, const struct seen *seen)
{
    return (c->types >> seen->type & 1) == 0;
}

static void ask(const struct component *c, const struct seen *seen, struct given *given)
{
    if (!rests(c, seen)) {
        c->predict(c->state, seen, given);
        return;
    }
    for (unsigned i = 0; i < c->n_inputs; i++)
        give(given, 0.0f);
    for (unsigned i = 0; i < c->n_selectors; i++)
        give_selector(given, 0);
}

uint32_t predict_bit(struct predictor *p)
{
    struct group *g = p->group;
    if (g->lean)
        return lean_predict_bit(g->lean, &p->seen);
    struct given given = {.n_inputs = 0};
    for (unsigned i = 0; i < g->n_components && p->seen.i == 0; i++)
        if (!rests(&g->component[i], &p->seen))
            g->component[i].byte(g->component[i].state, &p->seen);
    for (unsigned i = 0; i < g->n_components; i++)
        ask(&g->component[i], &p->seen, &given);
    float X = mix(g->mixer, &given, p->seen.partial);
    return refine(g->refiner, &p->seen, X, g->mixer->P);
}

static void see(struct seen *seen, int bit)
{
    seen->partial = 2 * seen->partial + (unsigned)bit;
    seen->i = (seen->i + 1) % 8;
    if (seen->i != 0)
        return;
    seen->ring[seen->n++ % seen->ring_size] = (uint8_t)seen->partial;
    seen->last8 = seen->last8 << 8 | (uint8_t)seen->partial;
    seen->partial = 1;
}

void pass_byte(struct predictor *p, uint8_t byte)
{
    if (p->group->lean != NULL)
        lean_pass(p->group->lean, &p->seen);
    for (unsigned i = 0; i < p->group->n_components; i++) {
        const struct component *c = &p->group->component[i];
        if (c->pass != NULL)
            c->pass(c->state, &p->seen);
    }
    for (int b = 7; b >= 0; b--)
        see(&p->seen, byte >> b & 1);
}

void learn_bit(struct predictor *p, int bit)
{
    struct group *g = p->group;
    if (g->lean) {
        lean_learn_bit(g->lean, bit);
        see(&p->seen, bit);
        return;
    }
    refine_learn(g->refiner, bit);
    mix_learn(g->mixer, bit);
    for (unsigned i = 0; i < g->n_components; i++)
        if (!rests(&g->component[i], &p->seen))
            g->component[i].learn(g->component[i].state, &p->seen, bit);
    see(&p->seen, bit);
}
