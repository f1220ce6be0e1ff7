/* SPDX-License-Identifier: Apache-2.0 */
#include "predictor.h"

#include <string.h>

#include "component.h"
#include "contexts.h"
#include "lean.h"
#include "mixing.h"
#include "sample_type.h"
#include "trained.h"

enum { GENERAL, IMAGE, AUDIO, DEEP_IMAGE, N_GROUPS };

struct group {
    struct component component[16];
    unsigned n_components, n_unhinted; /* the hint is the last one */
    /* Of each component, its first input and selector in the table of trained starts, counted from 1, or 0. */
    unsigned table_input[16], table_selector[16];
    struct mixer *mixer, *versed; /* versed: or NULL */
    struct refiner *refiner;
    struct lean *lean; /* in place of these, or NULL */
};

/* A place at which content is predicted: docs/language-model.md, section 9. */
struct stream {
    struct seen seen;
    struct group *group;
    uint8_t *own; /* while another stream is selected */
    bool begun;
};

struct predictor {
    struct seen seen;
    struct group groups[N_GROUPS], *group;
    struct setup setup;
    struct stream *streams;
    unsigned selected;
};

static int group_of(unsigned type)
{
    return type == 5 || type == 6 || type == 10 ? IMAGE
           : is_deep_image(type)                ? DEEP_IMAGE
           : audio_bytes(type) > 0              ? AUDIO
                                                : GENERAL;
}

#define TYPE(t)  (UINT32_C(1) << (t))
#define ANY_TYPE UINT32_C(0xffffffff)

static const struct {
    int group;
    bool strong_only;
    uint32_t made_for, works_in; /* types */
    struct component (*make)(struct setup *setup);
    unsigned table_input, table_selector;
} all_components[] = {
    {GENERAL, false, ANY_TYPE, ANY_TYPE, make_order, 1, 1},
    {GENERAL, false, TYPE(11), TYPE(11), make_bitmap, 0, 0},
    {GENERAL, false, TYPE(0) | TYPE(3) | TYPE(4) | TYPE(29), TYPE(0) | TYPE(3) | TYPE(4) | TYPE(29),
     make_record, 0, 0},
    {GENERAL, false, TYPE(4), TYPE(4), make_x86, 0, 0},
    {GENERAL, false, TYPE(29), TYPE(29), make_database, 0, 0},
    {GENERAL, false, ANY_TYPE, ANY_TYPE, make_match, 25, 5},
    {GENERAL, true, ANY_TYPE, ANY_TYPE, make_count, 34, 6},
    {GENERAL, false, TYPE(1) | TYPE(2) | TYPE(8) | TYPE(29),
     TYPE(0) | TYPE(1) | TYPE(2) | TYPE(3) | TYPE(8) | TYPE(29), make_text, 40, 6},
    {GENERAL, true, ANY_TYPE, ANY_TYPE, make_pattern, 97, 10},
    {GENERAL, false, TYPE(8) | TYPE(30), TYPE(1) | TYPE(8) | TYPE(30), make_table, 127, 11},
    {GENERAL, false, TYPE(30), TYPE(30), make_numbers, 0, 0},
    {IMAGE, false, ANY_TYPE, ANY_TYPE, make_image, 0, 0},
    {AUDIO, false, ANY_TYPE, ANY_TYPE, make_audio, 0, 0},
    {DEEP_IMAGE, false, ANY_TYPE, ANY_TYPE, make_deep_image, 0, 0},
};

static void add_component(struct group *group, struct component c, uint32_t types)
{
    c.types = types;
    group->component[group->n_components++] = c;
}

static void begin_group_trained(struct group *group, int table, const uint32_t *choices)
{
    unsigned inputs[512], selectors[32], n_inputs = 0, n_selectors = 0;
    for (unsigned i = 0; i < group->n_components; i++) {
        const struct component *c = &group->component[i];
        unsigned input = group->table_input[i], selector = group->table_selector[i];
        for (unsigned j = 0; j < c->n_inputs; j++)
            inputs[n_inputs++] = input > 0 ? input + j : 0;
        for (unsigned k = 0; k < c->n_selectors; k++)
            selectors[n_selectors++] = selector > 0 ? selector + k : 0;
    }
    begin_trained(group->mixer, group->refiner, table, choices, inputs, selectors);
}

static void make_group(struct group *group, int which, uint32_t types, struct setup *setup)
{
    unsigned n_inputs = 0, n_selectors = 0, lead = 0;
    uint32_t choices[32];
    for (unsigned i = 0; i < sizeof all_components / sizeof *all_components; i++) {
        if (all_components[i].group != which || (all_components[i].made_for & types) == 0 ||
            (all_components[i].strong_only && !setup->strong))
            continue;
        group->table_input[group->n_components] = all_components[i].table_input;
        group->table_selector[group->n_components] = all_components[i].table_selector;
        add_component(group, all_components[i].make(setup), all_components[i].works_in);
    }
    group->n_unhinted = group->n_components;
    if (setup->hint != NULL)
        add_component(group, make_hint(setup), ANY_TYPE);
    for (unsigned i = 0; i < group->n_components; i++) {
        const struct component *c = &group->component[i];
        lead = n_inputs + 1; /* of the last component */
        if (setup->versed && i == group->n_unhinted)
            group->versed = make_mixer(true, false, n_inputs, n_selectors, choices, 0);
        n_inputs += c->n_inputs;
        for (unsigned k = 0; k < c->n_selectors; k++)
            choices[n_selectors++] = c->choices[k];
    }
    if (setup->versed)
        n_inputs += 2;
    bool layered = which != GENERAL || (types & TYPE(11)) != 0 || setup->hint != NULL;
    group->mixer = make_mixer(setup->strong, setup->strong && layered, n_inputs, n_selectors,
                              choices, setup->hint != NULL ? lead : 0);
    if (setup->versed)
        trust_two(group->mixer, choices, lead - 1, n_inputs - 2);
    group->refiner = make_refiner(setup->strong);
    if (setup->trained && setup->strong && !layered)
        begin_group_trained(group, setup->trained, choices);
}

static struct predictor *make(enum block_strength strength, uint32_t types, struct setup setup,
                              uint64_t n_all, unsigned n_streams)
{
    struct predictor *p = zeros(sizeof *p);
    bool lean = strength == BLOCK_LEAN, wanted[N_GROUPS] = {false};
    p->seen.whole = n_streams > 1 || setup.n_reference > 0;
    setup.strong = strength == BLOCK_STRONG;
    setup.slots = make_slots((lean ? 1u : 3u) << (setup.memory + 12));
    for (unsigned type = 0; type < 32; type++)
        if (types >> type & 1)
            wanted[group_of(type)] = true;
    for (int i = 0; i < N_GROUPS; i++)
        if (wanted[i] && (!lean || i != GENERAL))
            make_group(&p->groups[i], i, types, &setup);
    if (lean && wanted[GENERAL])
        p->groups[GENERAL].lean = make_lean(setup.memory, setup.n_reference);
    p->seen.ring_size = UINT32_C(1) << (setup.memory + (lean ? 18 : 16));
    while (p->seen.whole && p->seen.ring_size < n_all)
        p->seen.ring_size *= 2;
    p->seen.ring = zeros(p->seen.ring_size);
    p->seen.marks = zeros(p->seen.ring_size);
    p->seen.partial = 1;
    p->setup = setup;
    return p;
}

struct predictor *make_predictor(enum block_strength strength, unsigned memory, uint32_t types,
                                 uint64_t n_reference, uint64_t n_content, int trained)
{
    struct setup setup = {
        .memory = memory, .n_reference = n_reference, .trained = trained > 0 ? trained : 0};
    return make(strength, types, setup, n_reference + n_content, 1);
}

void begin_segment(struct predictor *p, unsigned type, uint32_t stride, uint32_t offset)
{
    p->seen.type = type;
    p->seen.stride = stride;
    p->seen.offset = offset;
    p->seen.start = p->seen.n;
    p->group = &p->groups[group_of(type)];
}

static size_t own_size(const struct predictor *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->setup.n_own; i++)
        n += p->setup.own[i].n;
    return n;
}

/* Between the components and the bytes kept for a stream. */
static void move_own(struct predictor *p, uint8_t *kept, bool back)
{
    for (unsigned i = 0; i < p->setup.n_own; i++) {
        struct own *part = &p->setup.own[i];
        memcpy(back ? part->at : kept, back ? kept : part->at, part->n);
        kept += part->n;
    }
}

struct predictor *make_hinted_predictor(unsigned memory, uint32_t types, uint64_t n_reference,
                                        uint64_t n_content, unsigned n_streams, unsigned type,
                                        const struct hint *hint, int versed)
{
    struct setup setup = {
        .memory = memory, .n_reference = n_reference, .hint = hint, .versed = versed != 0};
    struct predictor *p = make(BLOCK_STRONG, types, setup, n_reference + n_content, n_streams);
    begin_segment(p, type, 0, 0);
    p->streams = zeros(n_streams * sizeof *p->streams);
    for (unsigned i = 0; i < n_streams; i++) {
        p->streams[i].seen = p->seen;
        p->streams[i].group = p->group;
        p->streams[i].own = zeros(own_size(p));
        move_own(p, p->streams[i].own, false);
    }
    return p;
}

void select_stream(struct predictor *p, unsigned stream, uint32_t place)
{
    struct stream *from = &p->streams[p->selected], *to = &p->streams[stream];
    if (from != to) {
        from->seen = p->seen;
        from->group = p->group;
        move_own(p, from->own, false);
        p->seen = to->seen;
        p->group = to->group;
        move_own(p, to->own, true);
        p->selected = stream;
    }
    if (!to->begun)
        p->seen.n = p->seen.start = place;
    to->begun = true;
}

uint64_t last_bytes(const struct predictor *p, unsigned n)
{
    return last(&p->seen, n);
}

void begin_item(struct predictor *p)
{
    p->seen.fresh = true;
}

void end_item(struct predictor *p, uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++)
        p->seen.marks[(p->seen.n - i) % p->seen.ring_size] = i == 1 ? 2 : 1;
}

struct continued longest_match(const struct predictor *p, unsigned *mark)
{
    struct continued c = {0};
    for (unsigned i = 0; i < p->group->n_components; i++)
        if (p->group->component[i].pass != NULL)
            c = continue_match(p->group->component[i].state, &p->seen);
    *mark = c.expected != 0 ? p->seen.marks[c.last % p->seen.ring_size] : 0;
    return c;
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

static void gather(struct predictor *p, struct given *given)
{
    struct group *g = p->group;
    for (unsigned i = 0; i < g->n_components && p->seen.i == 0; i++)
        if (!rests(&g->component[i], &p->seen))
            g->component[i].byte(g->component[i].state, &p->seen);
    for (unsigned i = 0; i < g->n_components; i++)
        ask(&g->component[i], &p->seen, given);
}

/* The versed mixer's prediction: two more inputs. */
static float give_versed(struct predictor *p, struct given *given)
{
    struct mixer *versed = p->group->versed;
    if (versed == NULL)
        return 0.0f;
    float X = mix(versed, given, p->seen.partial);
    give(given, X);
    give(given, (versed->P - 0.5f) * 4.0f);
    return X;
}

uint32_t predict_bit(struct predictor *p)
{
    struct group *g = p->group;
    if (g->lean)
        return lean_predict_bit(g->lean, &p->seen);
    struct given given = {.n_inputs = 0};
    gather(p, &given);
    give_versed(p, &given);
    float X = mix(g->mixer, &given, p->seen.partial);
    return refine(g->refiner, &p->seen, X, g->mixer->P);
}

static void see(struct seen *seen, int bit)
{
    seen->partial = 2 * seen->partial + (unsigned)bit;
    seen->i = (seen->i + 1) % 8;
    if (seen->i != 0)
        return;
    seen->marks[seen->n % seen->ring_size] = 0;
    seen->ring[seen->n++ % seen->ring_size] = (uint8_t)seen->partial;
    seen->fresh = false;
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

/* The components learn, mixer and refiner do not. */
static void components_learn(struct predictor *p, int bit)
{
    struct group *g = p->group;
    for (unsigned i = 0; i < g->n_components; i++)
        if (!rests(&g->component[i], &p->seen))
            g->component[i].learn(g->component[i].state, &p->seen, bit);
    see(&p->seen, bit);
}

static float pace_of(const struct predictor *p)
{
    bool binary = p->seen.type == 0 || p->seen.type == 3 || p->seen.type == 4 || p->seen.type == 29;
    return binary && p->setup.strong ? 1.5f : 1.0f;
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
    if (g->versed != NULL)
        mix_learn(g->versed, bit, pace_of(p));
    mix_learn(g->mixer, bit, pace_of(p));
    components_learn(p, bit);
}

void pass_bit(struct predictor *p, int bit)
{
    struct given given = {.n_inputs = 0};
    gather(p, &given);
    float X = give_versed(p, &given);
    if (p->group->versed != NULL) {
        refine(p->group->refiner, &p->seen, X, p->group->versed->P);
        refine_learn(p->group->refiner, bit);
        mix_learn(p->group->versed, bit, pace_of(p));
    }
    components_learn(p, bit);
}
