/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_mixer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/strict_math.h"
#include "predict/components.h"
#include "predict/mixer.h"

/* One stream's place in its content. The components' stream parts are beside it, in
 * component.stream. */
struct cm_stream {
    struct cm_history history;
    struct mixer_stream mixer;
};

struct cm {
    struct cm_tables tables;
    struct mixer mixer;
    struct component components[COMPONENTS_MAX];
    unsigned n_components;
    struct cm_stream stream;
    void *memory; /* the allocation that all of this lies in */
};

static_assert(SELECTORS_MAX % KERNEL_LANES == 0, "the mixer's second layer is a kernel's input");

static bool config_is_valid(const struct cm_config *config)
{
    return (config->strength == CM_QUICK || config->strength == CM_STRONG) &&
           (unsigned)config->content <= CONTENT_AUDIO16 &&
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

/* Places everything in the arena; NULL if that only counts. */
static struct cm *lay_out(struct arena *arena, const struct cm_config *config,
                          const struct kernels *kernels)
{
    struct cm *cm = arena_take(arena, sizeof *cm);
    uint8_t *ring = arena_take(arena, ring_size(config));
    struct cm_setup setup = {.config = config, .arena = arena};
    if (ring != NULL) {
        init_tables(&cm->tables);
        setup.tables = &cm->tables;
        cm->stream.history =
            (struct cm_history){.ring = ring, .mask = ring_size(config) - 1, .partial = 1};
    }
    const struct component_ops *list[COMPONENTS_MAX + 1];
    components_for(config, list);
    for (unsigned i = 0; list[i] != NULL; i++) {
        struct component component = {.ops = list[i]};
        component.ops->lay_out(&setup, &component);
        if (cm != NULL)
            cm->components[cm->n_components++] = component;
    }
    struct mixer mixer;
    mixer_lay_out(&mixer, arena, &setup.shape, kernels);
    if (cm != NULL)
        cm->mixer = mixer;
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
    for (unsigned i = 0; i < (*cm)->n_components; i++) {
        struct component *c = &(*cm)->components[i];
        c->ops->next_byte(c->shared, c->stream, &(*cm)->stream.history);
    }
    return TACIT_OK;
}

/* Taken from the small side, where binary32 is fine enough: 2^-24 of p itself. */
static uint32_t fraction_q32(float x)
{
    float small = strict_squash(x < 0 ? x : -x) * 4294967296.0f;
    uint32_t q32 = (uint32_t)small;
    q32 += q32 == 0;
    return x < 0 ? q32 : UINT32_MAX - q32 + 1;
}

uint32_t cm_predict(struct cm *cm)
{
    struct cm_stream *stream = &cm->stream;
    struct mixer_inputs inputs = {.x = stream->mixer.x};
    for (unsigned i = 0; i < cm->n_components; i++) {
        struct component *c = &cm->components[i];
        c->ops->predict(c->shared, c->stream, &stream->history, &inputs);
    }
    return fraction_q32(
        mixer_predict(&cm->mixer, &stream->mixer, &inputs, stream->history.partial));
}

void cm_update(struct cm *cm, int bit)
{
    struct cm_stream *stream = &cm->stream;
    mixer_update(&cm->mixer, &stream->mixer, bit);
    for (unsigned i = 0; i < cm->n_components; i++) {
        struct component *c = &cm->components[i];
        c->ops->update(c->shared, c->stream, &stream->history, bit);
    }
    if (!history_push(&stream->history, bit))
        return;
    for (unsigned i = 0; i < cm->n_components; i++) {
        struct component *c = &cm->components[i];
        c->ops->next_byte(c->shared, c->stream, &stream->history);
    }
}

void cm_destroy(struct cm *cm)
{
    if (cm != NULL)
        free(cm->memory);
}
