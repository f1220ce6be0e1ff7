/* SPDX-License-Identifier: Apache-2.0
 *
 * How a component (order-n contexts, match, words, records, images ...) contributes to the mixer.
 *
 * A component is one file. A component has a shared part with what it has learnt (tables, maps),
 * and for each stream a stream part (present contexts, pointers into the tables): several streams
 * may take turns on the same shared part. To add one, write NAME_model.c with
 *
 *     static void lay_out(setup, component)
 *         takes both parts from the arena, which may only count (arena_take gives NULL: then
 *         touch nothing) and is zeroed, and declares in the shape how many inputs and which
 *         weight-set selectors follow
 *     static void next_byte(shared, stream, history)
 *         at the start and after every whole byte
 *     static void predict(shared, stream, history, inputs)
 *         gives exactly the declared inputs and selectors
 *     static void update(shared, stream, history, bit)
 *         before the history takes in the bit
 *     static void prefetch(shared, stream, history)
 *         of all components before predict at bit 0, and at bit 3 with the history as it may be at bit 4
 *
 * put them into a `const struct component_ops NAME_ops`, and name it in components_for
 * (components.c) for the content types and strengths that it pays for. The hashed contexts of
 * context_set.h, the probability maps of adaptive_map.h and the match model are there to build on.
 * All arithmetic is integers or strict binary32 (docs/numerics.md).
 */
#ifndef TACIT_PREDICT_INPUTS_H
#define TACIT_PREDICT_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "content/content_type.h"
#include "kernels/kernels.h"
#include "predict/adaptive_map.h"
#include "predict/bit_history.h"
#include "predict/context_config.h"
#include "predict/history.h"
#include "predict/slot_table.h"

enum {
    INPUTS_MAX = 512,   /* mixer inputs of all components together */
    SELECTORS_MAX = 32, /* weight sets that are mixed side by side */
};

/* Inputs that lie side by side, in the table of trained starts too. */
struct trained_run {
    uint16_t first, in_table, n;
};

enum { TRAINED_RUNS_MAX = 8 };

/* What the components together give the mixer; filled while they are laid out. */
struct mixer_shape {
    unsigned n_inputs;
    unsigned lead;    /* 1 + the input that is to be trusted most at first; 0: none */
    unsigned equal;   /* 1 + an input that is trusted like the lead, and no other; 0: none */
    bool summed;      /* the weight sets make one prediction together; else a second layer mixes */
    bool many_inputs; /* summed: the learning rates that suit more than a hundred inputs */
    bool few_inputs;  /* a lead, not summed: the learning rates that suit some twenty inputs */
    unsigned n_selectors;
    uint32_t n_choices[SELECTORS_MAX]; /* values that each selector can take: 0 .. n_choices - 1 */
    /* With a trained start: which inputs and selectors its table knows (start/trained_start.h). */
    enum trained_start trained;
    unsigned n_trained;
    struct trained_run trained_inputs[TRAINED_RUNS_MAX];
    uint8_t trained_selector[SELECTORS_MAX]; /* 1 + its number in the table; 0: it has none */
};

/* What the components give for one bit. */
struct mixer_inputs {
    float *x;   /* [INPUTS_MAX], 64-byte aligned */
    unsigned n; /* the component adds its own at x[n], and as many to n */
    unsigned n_selectors;
    uint32_t selector[SELECTORS_MAX];
};

/* Read-only tables that all components share. */
struct input_tables {
    struct bit_history history;
    struct adaptive_rates rates;
    float stretch[4096]; /* ln(p / (1 - p)) at p = (i + 0.5) / 4096 */
};

/* What a component is laid out with. */
struct input_setup {
    const struct context_config *config;
    const struct input_tables *tables; /* filled, unless the arena only counts */
    const struct kernels *kernels;
    struct arena *arena;
    struct slot_table *slots;        /* the one table of all context sets */
    unsigned n_contexts;             /* in context sets so far */
    const struct context_hint *hint; /* of the next bit; read while predicting */
    struct mixer_shape shape;
};

/* No inputs and no selectors yet. Leaves the selectors' array alone: clearing it takes longer than
 * many a component. */
static inline void inputs_begin(struct mixer_inputs *in, float *x)
{
    in->x = x;
    in->n = 0;
    in->n_selectors = 0;
}

/* A prediction in the logistic domain: ln(p / (1 - p)), 0 for no opinion, |x| below about 12. */
static inline void inputs_add(struct mixer_inputs *in, float x)
{
    in->x[in->n++] = x;
}

static inline void inputs_select(struct mixer_inputs *in, uint32_t value)
{
    in->selector[in->n_selectors++] = value;
}

static inline void shape_add_inputs(struct mixer_shape *shape, unsigned n)
{
    shape->n_inputs += n;
}

static inline void shape_add_selector(struct mixer_shape *shape, uint32_t n_choices)
{
    shape->n_choices[shape->n_selectors++] = n_choices;
}

struct component_ops;

struct component {
    const struct component_ops *ops;
    unsigned n_inputs, n_selectors; /* declared when laid out */
    void *shared;
    uint8_t *streams; /* the stream parts, stream_bytes apart */
    size_t stream_bytes;
};

static inline void *component_stream(const struct component *component, unsigned stream)
{
    return component->streams + stream * component->stream_bytes;
}

/* Takes n_bytes for each stream's part; false if the arena only counts. */
static inline bool component_take_streams(struct input_setup *setup, struct component *component,
                                          size_t n_bytes)
{
    component->stream_bytes = (n_bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    component->streams =
        arena_take(setup->arena, component->stream_bytes * context_n_streams(setup->config));
    return component->streams != NULL;
}

struct component_ops {
    const char *name;
    void (*lay_out)(struct input_setup *setup, struct component *self);
    void (*next_byte)(void *shared, void *stream, const struct history *history);
    void (*predict)(void *shared, void *stream, const struct history *history,
                    struct mixer_inputs *inputs);
    void (*update)(void *shared, void *stream, const struct history *history, int bit);
    void (*prefetch)(void *shared, void *stream, const struct history *history); /* may be NULL */
    /* CONTENT_BITs. In other content the component rests: it is not called, and its inputs and
     * selectors are zero. */
    uint32_t content_set;
};

enum { COMPONENTS_MAX = 16 };

/* Types that share components, tables and a mixer. */
enum content_group {
    CONTENT_GROUP_GENERAL,
    CONTENT_GROUP_IMAGE,
    CONTENT_GROUP_AUDIO,
    CONTENT_GROUP_DEEP_IMAGE,
    CONTENT_N_GROUPS,
};

enum content_group content_group_of(enum content_type type);

/* The components for a group under a configuration, a NULL-terminated list. */
void components_for(const struct context_config *config, enum content_group group,
                    const struct component_ops *list[COMPONENTS_MAX + 1]);

#endif
