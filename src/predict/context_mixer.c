/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_mixer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge_pages.h"
#include "base/strict_math.h"
#include "predict/components.h"
#include "predict/end_model.h"
#include "predict/mixer.h"
#include "predict/refiner.h"

/* The components for one group of content types and the mixer of their inputs. */
struct cm_group {
    struct mixer mixer;
    struct mixer_stream mixer_stream;
    struct refiner refiner;
    struct refiner_stream refiner_stream;
    struct component components[COMPONENTS_MAX];
    unsigned n_components;
};

/* One place at which content is predicted. The components have their own parts for each. */
struct cm_stream {
    struct cm_history history;
    struct cm_group *group; /* of the present content */
    bool begun;             /* its start is known */
    bool at_byte;           /* the components have not seen that a byte begins */
};

struct cm {
    struct cm_tables tables;
    struct slot_table slots;
    struct cm_config config;
    struct cm_group *groups[CONTENT_N_GROUPS]; /* NULL: no type of the set is of this group */
    struct cm_stream *streams;                 /* one or config.n_streams */
    struct cm_stream *stream;                  /* the selected one ... */
    unsigned selected;                         /* ... and its number */
    size_t n_ahead;                            /* bytes that follow the present one for certain */
    struct cm_hint hint;                       /* for the coming bit */
    struct end_model end;                      /* if config.hinted */
    void *memory;                              /* the allocation that all of this lies in ... */
    size_t n_memory;                           /* ... and its size */
};

enum { ANY_STRIDE = 4 }; /* valid for every type with rows */

static_assert(SELECTORS_MAX % KERNEL_LANES == 0, "the mixer's second layer is a kernel's input");

static void init_tables(struct cm_tables *tables)
{
    bit_history_init(&tables->history);
    adaptive_rates_init(&tables->rates);
    for (int i = 0; i < 4096; i++)
        tables->stretch[i] = strict_stretch(((float)i + 0.5f) * (1.0f / 4096.0f));
}

/* Several streams share one ring that nothing falls out of, so that each finds the others' bytes. Nor
 * does a reference fall out. */
static uint32_t ring_size(const struct cm_config *config)
{
    uint32_t size = (uint32_t)1 << (config->memory_log2 - 4);
    while (cm_is_whole(config) && size < config->span)
        size <<= 1;
    return size;
}

/* Measured: one layer is better on text and data, and faster; not so on samples and pixels, nor where
 * a language model leads. */
static bool one_layer(const struct cm_config *config, enum content_group which)
{
    bool pixels =
        which != CONTENT_GROUP_GENERAL || config->content_set & CONTENT_BIT(CONTENT_IMAGE1);
    return config->strength == CM_QUICK || (!pixels && !config->hinted);
}

/* NULL if the arena only counts. */
static struct cm_group *lay_out_group(struct cm_setup *setup, enum content_group which,
                                      const struct kernels *kernels)
{
    struct cm_group *group = arena_take(setup->arena, sizeof *group);
    const struct component_ops *list[COMPONENTS_MAX + 1];
    components_for(setup->config, which, list);
    setup->shape = (struct mixer_shape){.summed = one_layer(setup->config, which),
                                        .many_inputs = setup->config->strength == CM_STRONG};
    unsigned n = 0;
    for (; list[n] != NULL; n++) {
        struct component component = {.ops = list[n]};
        const struct mixer_shape before = setup->shape;
        component.ops->lay_out(setup, &component);
        component.n_inputs = setup->shape.n_inputs - before.n_inputs;
        component.n_selectors = setup->shape.n_selectors - before.n_selectors;
        if (group != NULL)
            group->components[n] = component;
    }
    struct mixer mixer;
    mixer_lay_out(&mixer, setup->arena, &setup->shape, kernels);
    struct refiner refiner;
    refiner_lay_out(&refiner, setup->arena, setup->config->strength == CM_QUICK ? 1 : REFINER_MAPS);
    if (group != NULL) {
        group->refiner = refiner;
        group->mixer = mixer;
        group->n_components = n;
    }
    return group;
}

/* Places everything in the arena; NULL if that only counts. */
static struct cm *lay_out(struct arena *arena, const struct cm_config *config,
                          const struct kernels *kernels)
{
    struct cm *cm = arena_take(arena, sizeof *cm);
    struct cm_stream *streams = arena_take(arena, cm_n_streams(config) * sizeof *streams);
    uint8_t *ring = arena_take(arena, ring_size(config));
    struct slot_table slots = {0};
    slot_table_lay_out(&slots, arena, (size_t)3 << (config->memory_log2 - 2));
    struct cm_setup setup = {.config = config, .arena = arena, .kernels = kernels};
    if (ring != NULL) {
        init_tables(&cm->tables);
        cm->slots = slots;
        setup.tables = &cm->tables;
        setup.slots = &cm->slots;
        cm->config = *config;
        cm->streams = cm->stream = streams;
        setup.hint = &cm->hint;
        for (unsigned i = 0; i < cm_n_streams(config); i++) {
            streams[i].history = (struct cm_history){.ring = ring,
                                                     .mask = ring_size(config) - 1,
                                                     .whole = cm_is_whole(config),
                                                     .partial = 1};
            streams[i].at_byte = true;
        }
    }
    uint32_t wanted = 0;
    for (unsigned type = 0; type < CONTENT_N_TYPES; type++)
        if (config->content_set & CONTENT_BIT(type))
            wanted |= 1u << content_group_of((enum content_type)type);
    for (unsigned i = 0; i < CONTENT_N_GROUPS; i++) {
        if (!(wanted >> i & 1))
            continue;
        struct cm_group *group = lay_out_group(&setup, (enum content_group)i, kernels);
        if (cm != NULL)
            cm->groups[i] = group;
    }
    if (config->hinted) {
        struct end_model end;
        end_model_lay_out(&end, arena, setup.tables, config->memory_log2, kernels);
        if (cm != NULL)
            cm->end = end;
    }
    return cm;
}

size_t cm_memory_needed(const struct cm_config *config)
{
    if (!cm_config_is_valid(config))
        return 0;
    struct arena sizes = {0};
    lay_out(&sizes, config, NULL);
    return sizes.used + ARENA_ALIGN;
}

static bool component_rests(const struct component *c, const struct cm_stream *stream)
{
    return !(c->ops->content_set & CONTENT_BIT(stream->history.content.type));
}

static void prefetch(struct cm *cm)
{
    struct cm_stream *stream = cm->stream;
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (c->ops->prefetch != NULL && !component_rests(c, stream))
            c->ops->prefetch(c->shared, component_stream(c, cm->selected), &stream->history);
    }
}

static void next_byte(struct cm *cm)
{
    struct cm_stream *stream = cm->stream;
    stream->at_byte = false;
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (!component_rests(c, stream))
            c->ops->next_byte(c->shared, component_stream(c, cm->selected), &stream->history);
    }
    prefetch(cm);
}

static void begin_content(struct cm *cm, struct cm_stream *stream, const struct content *content)
{
    stream->history.content = *content;
    stream->history.content_start = stream->history.n;
    stream->group = cm->groups[content_group_of(content->type)];
}

enum tacit_status cm_create(struct cm **cm, const struct cm_config *config,
                            const struct kernels *kernels)
{
    *cm = NULL;
    size_t n_bytes = cm_memory_needed(config);
    if (n_bytes == 0)
        return TACIT_ERR_ARGUMENT;
    uint8_t *memory = calloc(1, n_bytes);
    if (memory == NULL)
        return TACIT_ERR_MEMORY;
    huge_pages_prefer(memory, n_bytes);
    size_t skip = (ARENA_ALIGN - (uintptr_t)memory % ARENA_ALIGN) % ARENA_ALIGN;
    struct arena arena = {memory + skip, n_bytes - ARENA_ALIGN, 0};
    *cm = lay_out(&arena, config, kernels);
    (*cm)->memory = memory;
    (*cm)->n_memory = n_bytes;
    struct content content = {CONTENT_DEFAULT, 0, 0};
    while (!(config->content_set & CONTENT_BIT(content.type)))
        content.type++;
    if (content_has_rows(content.type))
        content.stride = ANY_STRIDE;
    for (unsigned i = 0; i < cm_n_streams(config); i++)
        begin_content(*cm, &(*cm)->streams[i], &content);
    return TACIT_OK;
}

enum tacit_status cm_set_content(struct cm *cm, const struct content *content)
{
    if (!content_is_valid(content) || !(cm->config.content_set & CONTENT_BIT(content->type)))
        return TACIT_ERR_ARGUMENT;
    begin_content(cm, cm->stream, content);
    return TACIT_OK;
}

void cm_select_stream(struct cm *cm, unsigned stream, uint32_t start)
{
    cm->selected = stream;
    cm->stream = &cm->streams[stream];
    if (!cm->stream->begun) {
        cm->stream->begun = true;
        cm->stream->history.n = cm->stream->history.content_start = start;
    }
}

void cm_expect(struct cm *cm, size_t n_bytes)
{
    cm->n_ahead = n_bytes > 0 ? n_bytes - 1 : 0;
}

void cm_skim(struct cm *cm, const uint8_t *data, size_t n_bytes)
{
    struct cm_stream *stream = cm->stream;
    for (size_t i = 0; i < n_bytes; i++) {
        for (unsigned k = 0; k < stream->group->n_components; k++) {
            struct component *c = &stream->group->components[k];
            if (c->ops == &match_model_ops)
                match_model_skim(c->shared, &stream->history);
        }
        history_push_byte(&stream->history, data[i]);
    }
}

void cm_set_hint(struct cm *cm, const struct cm_hint *hint)
{
    cm->hint = *hint;
}

static void add_nothing(const struct component *c, struct mixer_inputs *inputs)
{
    for (unsigned i = 0; i < c->n_inputs; i++)
        inputs_add(inputs, 0.0f);
    for (unsigned i = 0; i < c->n_selectors; i++)
        inputs_select(inputs, 0);
}

/* What every component says of the coming bit, to the mixer. */
static void gather_inputs(struct cm *cm, struct mixer_inputs *inputs)
{
    struct cm_stream *stream = cm->stream;
    if (stream->at_byte) /* only now: the content may have changed since the last byte */
        next_byte(cm);
    if (stream->history.bit == 3)
        prefetch(cm);
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (component_rests(c, stream))
            add_nothing(c, inputs);
        else
            c->ops->predict(c->shared, component_stream(c, cm->selected), &stream->history, inputs);
    }
}

/* All but the mixer learn the bit. */
static void learn(struct cm *cm, int bit)
{
    struct cm_stream *stream = cm->stream;
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (!component_rests(c, stream))
            c->ops->update(c->shared, component_stream(c, cm->selected), &stream->history, bit);
    }
    stream->at_byte = history_push(&stream->history, bit);
}

uint32_t cm_predict(struct cm *cm)
{
    struct cm_group *group = cm->stream->group;
    struct mixer_inputs inputs;
    inputs_begin(&inputs, group->mixer_stream.x);
    gather_inputs(cm, &inputs);
    float x =
        mixer_predict(&group->mixer, &group->mixer_stream, &inputs, cm->stream->history.partial);
    float p = mixer_probability(&group->mixer, &group->mixer_stream, x);
    p = refiner_predict(&group->refiner, &group->refiner_stream, &cm->stream->history, x, p);
    return probability_q32(p);
}

void cm_update(struct cm *cm, int bit)
{
    struct cm_group *group = cm->stream->group;
    learn(cm, bit);
    if (cm->stream->at_byte && cm->n_ahead > 0) {
        cm->n_ahead--;
        next_byte(cm); /* while its cache lines come, the rest learns */
    }
    refiner_update(&group->refiner, &group->refiner_stream, bit);
    mixer_update(&group->mixer, &group->mixer_stream, bit);
}

void cm_pass(struct cm *cm, int bit)
{
    struct mixer_inputs inputs;
    inputs_begin(&inputs, cm->stream->group->mixer_stream.x);
    cm->hint = (struct cm_hint){.absent = true};
    gather_inputs(cm, &inputs);
    learn(cm, bit);
}

uint32_t cm_predict_end(struct cm *cm, uint32_t node, uint32_t n_spelled)
{
    return end_predict(&cm->end, node, n_spelled, &cm->stream->history, cm->hint.stretch);
}

void cm_update_end(struct cm *cm, int bit)
{
    end_update(&cm->end, bit);
}

/* The first of the mixer's inputs that are the language model's, and the one behind them. */
static void find_hint(const struct cm_group *group, unsigned *begin, unsigned *end)
{
    const struct component *c = group->components;
    *begin = 0;
    for (; c->ops != &hint_model_ops; c++)
        *begin += c->n_inputs;
    *end = *begin + c->n_inputs;
}

static uint32_t part_of(float x)
{
    return probability_q32(strict_squash(x));
}

void cm_predict_parts(const struct cm *cm, bool at_end, struct cm_parts *parts)
{
    const struct cm_group *group = cm->stream->group;
    const struct mixer *mixer = at_end ? &cm->end.mixer : &group->mixer;
    const struct mixer_stream *stream = at_end ? &cm->end.mixer_stream : &group->mixer_stream;
    unsigned begin = 0, end = END_HINT_INPUTS;
    if (!at_end)
        find_hint(group, &begin, &end);
    parts->mixed = part_of(mixer_predict_without(mixer, stream, 0, 0, false));
    parts->hint = part_of(mixer_predict_without(mixer, stream, begin, end, true));
    parts->context = part_of(mixer_predict_without(mixer, stream, begin, end, false));
}

size_t cm_state_size(const struct cm *cm)
{
    return cm->n_memory;
}

/* Everything lies in one piece that does not move: pointers in it stay good. */
void cm_save(const struct cm *cm, uint8_t *state)
{
    memcpy(state, cm->memory, cm->n_memory);
}

void cm_restore(struct cm *cm, const uint8_t *state)
{
    memcpy(cm->memory, state, cm->n_memory);
}

void cm_destroy(struct cm *cm)
{
    if (cm != NULL)
        free(cm->memory);
}
