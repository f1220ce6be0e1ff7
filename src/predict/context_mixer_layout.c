/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of the context models: one allocation, with the groups and components that the
 * configuration needs.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/huge_pages.h"
#include "base/strict_math.h"
#include "predict/components.h"
#include "predict/context_mixer.h"
#include "predict/context_mixer_inside.h"
#include "predict/start/trained_start.h"

enum {
    ANY_STRIDE = CONTENT_PAGE_MIN
}; /* valid for every type with rows but for those of samples */

static_assert(SELECTORS_MAX % KERNEL_LANES == 0, "the mixer's second layer is a kernel's input");

static void init_tables(struct input_tables *tables)
{
    bit_history_init(&tables->history);
    adaptive_rates_init(&tables->rates);
    for (int i = 0; i < 4096; i++)
        tables->stretch[i] = strict_stretch(((float)i + 0.5f) * (1.0f / 4096.0f));
}

/* With several streams or a reference, one ring holds all bytes, so that each stream finds the
 * bytes of the others and of the reference. */
static uint32_t ring_size(const struct context_config *config)
{
    uint32_t size =
        (uint32_t)1 << (config->memory_log2 - (config->strength == CONTEXT_LEAN ? 2 : 4));
    while (context_is_whole(config) && size < config->span)
        size <<= 1;
    return size;
}

/* Lean models have tables of their own, except for images and sound. */
static size_t slots_size(const struct context_config *config)
{
    size_t quarter = (size_t)1 << (config->memory_log2 - 2);
    return config->strength != CONTEXT_LEAN         ? 3 * quarter
           : config->content_set & (CONTENT_HEADED) ? quarter
                                                    : sizeof(struct slot_line);
}

/* Measured: one layer is better on text and data, and faster, but not on samples and pixels, nor
 * with a language model. */
static bool one_layer(const struct context_config *config, enum content_group which)
{
    bool pixels =
        which != CONTENT_GROUP_GENERAL || config->content_set & CONTENT_BIT(CONTENT_IMAGE1);
    return config->strength != CONTEXT_STRONG || (!pixels && !config->hinted);
}

/* Of the components before the hint, which is the last. One layer, as without a hint: it learns more than the
 * mixer behind it does. */
static void lay_out_versed(struct input_setup *setup, const struct component *hint,
                           struct context_mixer_group *group, const struct kernels *kernels)
{
    struct mixer_shape *all = &setup->shape, shape = *all;
    struct mixer mixer;
    shape.n_inputs -= hint->n_inputs;
    shape.n_selectors -= hint->n_selectors;
    shape.lead = 0;
    shape.summed = shape.many_inputs = true;
    mixer_lay_out(&mixer, setup->arena, &shape, kernels);
    all->equal = all->n_inputs + 1;
    shape_add_inputs(all, CONTEXT_VERSED_INPUTS);
    if (group == NULL)
        return;
    group->versed = mixer;
    group->n_versed = shape.n_inputs;
}

static enum trained_start begins_trained(const struct input_setup *setup)
{
    bool may = setup->config->strength == CONTEXT_STRONG && setup->shape.summed;
    return may ? setup->config->trained : START_UNTRAINED;
}

static void begin_trained_maps(struct refiner *refiner, enum trained_start start)
{
    for (unsigned m = 0; m < refiner->n_maps; m++)
        trained_start_refiner(refiner->map[m], m, start);
    refiner_trust_maps(refiner);
}

/* NULL if the arena only counts. */
static struct context_mixer_group *
lay_out_group(struct input_setup *setup, enum content_group which, const struct kernels *kernels)
{
    struct context_mixer_group *group = arena_take(setup->arena, sizeof *group);
    if (setup->config->strength == CONTEXT_LEAN && which == CONTENT_GROUP_GENERAL) {
        struct lean *lean = lean_lay_out(setup->arena, setup->config);
        if (group != NULL)
            group->lean = lean;
        return group;
    }
    const struct component_ops *list[COMPONENTS_MAX + 1];
    components_for(setup->config, which, list);
    setup->shape = (struct mixer_shape){.summed = one_layer(setup->config, which),
                                        .many_inputs = setup->config->strength == CONTEXT_STRONG};
    struct component component = {0};
    unsigned n = 0;
    for (; list[n] != NULL; n++) {
        component = (struct component){.ops = list[n]};
        const struct mixer_shape before = setup->shape;
        component.ops->lay_out(setup, &component);
        component.n_inputs = setup->shape.n_inputs - before.n_inputs;
        component.n_selectors = setup->shape.n_selectors - before.n_selectors;
        trained_start_note(&setup->shape, &before, list[n]);
        if (group != NULL)
            group->components[n] = component;
    }
    if (setup->config->versed)
        lay_out_versed(setup, &component, group, kernels);
    setup->shape.trained = begins_trained(setup);
    struct mixer mixer;
    mixer_lay_out(&mixer, setup->arena, &setup->shape, kernels);
    struct refiner refiner;
    refiner_lay_out(&refiner, setup->arena,
                    setup->config->strength == CONTEXT_STRONG ? REFINER_MAPS : 1);
    if (group != NULL) {
        if (setup->shape.trained)
            begin_trained_maps(&refiner, setup->shape.trained);
        group->refiner = refiner;
        group->mixer = mixer;
        group->n_components = n;
    }
    return group;
}

/* Places everything in the arena; NULL if the arena only counts. */
static struct context_mixer *lay_out(struct arena *arena, const struct context_config *config,
                                     const struct kernels *kernels)
{
    struct context_mixer *cm = arena_take(arena, sizeof *cm);
    struct context_mixer_stream *streams =
        arena_take(arena, context_n_streams(config) * sizeof *streams);
    uint8_t *ring = arena_take(arena, ring_size(config));
    uint8_t *item_marks = config->hinted ? arena_take(arena, ring_size(config) / 4) : NULL;
    struct slot_table slots = {0};
    slot_table_lay_out(&slots, arena, slots_size(config));
    struct input_setup setup = {.config = config, .arena = arena, .kernels = kernels};
    if (ring != NULL) {
        init_tables(&cm->tables);
        cm->slots = slots;
        setup.tables = &cm->tables;
        setup.slots = &cm->slots;
        cm->config = *config;
        cm->streams = cm->stream = streams;
        setup.hint = &cm->hint;
        for (unsigned i = 0; i < context_n_streams(config); i++) {
            streams[i].history = (struct history){.ring = ring,
                                                  .item_marks = item_marks,
                                                  .mask = ring_size(config) - 1,
                                                  .whole = context_is_whole(config),
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
        struct context_mixer_group *group = lay_out_group(&setup, (enum content_group)i, kernels);
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

size_t context_mixer_memory_needed(const struct context_config *config)
{
    if (!context_config_is_valid(config))
        return 0;
    struct arena sizes = {0};
    lay_out(&sizes, config, NULL);
    return sizes.used + ARENA_ALIGN;
}

enum tacit_status context_mixer_create(struct context_mixer **cm,
                                       const struct context_config *config,
                                       const struct kernels *kernels)
{
    *cm = NULL;
    size_t n_bytes = context_mixer_memory_needed(config);
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
    struct sample_format f = content_samples(content.type);
    if (content_has_rows(content.type))
        content.stride =
            f.n_bytes > 0 ? f.n_bytes * (f.n_planes > 0 ? (uint32_t)f.n_planes : 1) : ANY_STRIDE;
    for (unsigned i = 0; i < context_n_streams(config); i++)
        context_mixer_begin_content(*cm, &(*cm)->streams[i], &content);
    return TACIT_OK;
}
