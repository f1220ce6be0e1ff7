/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_mixer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/strict_math.h"
#include "predict/components.h"
#include "predict/mixer.h"

/* The components for one group of content types and the mixer of their inputs. The components'
 * stream parts are in component.stream. */
struct cm_group {
    struct mixer mixer;
    struct mixer_stream mixer_stream;
    struct component components[COMPONENTS_MAX];
    unsigned n_components;
};

struct cm {
    struct cm_tables tables;
    struct slot_table slots;
    struct cm_config config;
    struct cm_group *groups[CONTENT_N_GROUPS]; /* NULL: no type of the set is of this group */
    struct cm_group *group;                    /* of the present content */
    struct cm_history history;
    bool at_byte; /* the components have not seen that a byte begins */
    void *memory; /* the allocation that all of this lies in */
};

static_assert(SELECTORS_MAX % KERNEL_LANES == 0, "the mixer's second layer is a kernel's input");

static bool config_is_valid(const struct cm_config *config)
{
    return (config->strength == CM_QUICK || config->strength == CM_STRONG) &&
           config->content_set != 0 && (config->content_set & ~CONTENT_ALL) == 0 &&
           config->memory_log2 >= CM_MEMORY_LOG2_MIN && config->memory_log2 <= CM_MEMORY_LOG2_MAX;
}

unsigned cm_memory_log2_for(enum cm_strength strength, uint64_t n_bytes)
{
    /* Orders that pay need about 64 to 128 bytes of slots for each byte of content. */
    unsigned max = strength == CM_QUICK ? 28 : 29, log2 = CM_MEMORY_LOG2_MIN;
    while (log2 < max && n_bytes >> (log2 - (strength == CM_QUICK ? 6 : 7)) != 0)
        log2++;
    return log2;
}

static void init_tables(struct cm_tables *tables)
{
    bit_history_init(&tables->history);
    adaptive_rates_init(&tables->rates);
    for (int i = 0; i < 4096; i++)
        tables->stretch[i] = strict_stretch(((float)i + 0.5f) * (1.0f / 4096.0f));
}

static uint32_t ring_size(const struct cm_config *config)
{
    return (uint32_t)1 << (config->memory_log2 - 4);
}

/* NULL if the arena only counts. */
static struct cm_group *lay_out_group(struct cm_setup *setup, enum content_group which,
                                      const struct kernels *kernels)
{
    struct cm_group *group = arena_take(setup->arena, sizeof *group);
    const struct component_ops *list[COMPONENTS_MAX + 1];
    components_for(setup->config, which, list);
    setup->shape = (struct mixer_shape){0};
    unsigned n = 0;
    for (; list[n] != NULL; n++) {
        struct component component = {.ops = list[n]};
        component.ops->lay_out(setup, &component);
        if (group != NULL)
            group->components[n] = component;
    }
    struct mixer mixer;
    mixer_lay_out(&mixer, setup->arena, &setup->shape, kernels);
    if (group != NULL) {
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
        cm->history =
            (struct cm_history){.ring = ring, .mask = ring_size(config) - 1, .partial = 1};
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
    return cm;
}

size_t cm_memory_needed(const struct cm_config *config)
{
    if (!config_is_valid(config))
        return 0;
    struct arena sizes = {0};
    lay_out(&sizes, config, NULL);
    return sizes.used + ARENA_ALIGN;
}

static void next_byte(struct cm *cm)
{
    cm->at_byte = false;
    for (unsigned i = 0; i < cm->group->n_components; i++) {
        struct component *c = &cm->group->components[i];
        c->ops->next_byte(c->shared, c->stream, &cm->history);
    }
}

static void begin_content(struct cm *cm, const struct content *content)
{
    cm->history.content = *content;
    cm->history.content_start = cm->history.n;
    cm->group = cm->groups[content_group_of(content->type)];
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
    size_t skip = (ARENA_ALIGN - (uintptr_t)memory % ARENA_ALIGN) % ARENA_ALIGN;
    struct arena arena = {memory + skip, n_bytes - ARENA_ALIGN, 0};
    *cm = lay_out(&arena, config, kernels);
    (*cm)->memory = memory;
    struct content content = {CONTENT_DEFAULT, 0, 0};
    while (!(config->content_set & CONTENT_BIT(content.type)))
        content.type++;
    (*cm)->at_byte = true;
    begin_content(*cm, &content);
    return TACIT_OK;
}

enum tacit_status cm_set_content(struct cm *cm, const struct content *content)
{
    if (!content_is_valid(content) || !(cm->config.content_set & CONTENT_BIT(content->type)))
        return TACIT_ERR_ARGUMENT;
    begin_content(cm, content);
    return TACIT_OK;
}

/* small: the probability of the less likely bit, where binary32 is fine enough: 2^-24 of p itself.
 */
static uint32_t fraction_q32(float small, bool likely_one)
{
    uint32_t q32 = (uint32_t)(small * 4294967296.0f);
    q32 += q32 == 0;
    return likely_one ? UINT32_MAX - q32 + 1 : q32;
}

uint32_t cm_predict(struct cm *cm)
{
    struct cm_group *group = cm->group;
    if (cm->at_byte) /* only now: the content may have changed since the last byte */
        next_byte(cm);
    struct mixer_inputs inputs = {.x = group->mixer_stream.x};
    for (unsigned i = 0; i < group->n_components; i++) {
        struct component *c = &group->components[i];
        c->ops->predict(c->shared, c->stream, &cm->history, &inputs);
    }
    float x = mixer_predict(&group->mixer, &group->mixer_stream, &inputs, cm->history.partial);
    float small = strict_squash(x < 0 ? x : -x);
    group->mixer_stream.final_p = x < 0 ? small : 1.0f - small;
    return fraction_q32(small, x >= 0);
}

void cm_update(struct cm *cm, int bit)
{
    struct cm_group *group = cm->group;
    mixer_update(&group->mixer, &group->mixer_stream, bit);
    for (unsigned i = 0; i < group->n_components; i++) {
        struct component *c = &group->components[i];
        c->ops->update(c->shared, c->stream, &cm->history, bit);
    }
    cm->at_byte = history_push(&cm->history, bit);
}

void cm_destroy(struct cm *cm)
{
    if (cm != NULL)
        free(cm->memory);
}
