/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, sections 4 and 8: what was seen, and what a component is. Each NAME_component.c
 * is a section of docs/components.md.
 */
#ifndef TACIT_REFERENCE_COMPONENT_H
#define TACIT_REFERENCE_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arithmetic.h"
#include "counters.h"

struct seen {
    uint8_t *ring;
    uint32_t ring_size, n; /* R, n */
    unsigned i, partial;
    uint64_t last8;
    unsigned type;
    uint32_t stride, offset, start;
    bool whole; /* no place is ever old */
    /* docs/language-model.md, section 9: */
    uint8_t *marks; /* of the ring's places: 1 within an item, 2 at its end, 0 unknown */
    bool fresh;     /* the present byte begins an item */
};

static inline unsigned ring_at(const struct seen *seen, uint32_t place)
{
    return seen->ring[place & (seen->ring_size - 1)];
}

static inline unsigned back(const struct seen *seen, uint32_t d)
{
    return ring_at(seen, seen->n - d);
}

static inline uint64_t last(const struct seen *seen, unsigned j)
{
    return j == 8 ? seen->last8 : seen->last8 & ((UINT64_C(1) << (8 * j)) - 1);
}

/* What the components give to the mixer for one bit. */
struct given {
    float x[512];
    uint32_t select[32];
    unsigned n_inputs, n_selectors;
};

static inline void give(struct given *given, float x)
{
    given->x[given->n_inputs++] = x;
}

static inline void give_pair(struct given *given, uint32_t counter)
{
    give(given, counter_S(counter));
    give(given, counter_D(counter));
}

static inline void give_selector(struct given *given, uint32_t value)
{
    given->select[given->n_selectors++] = value;
}

struct component {
    void *state;
    void (*byte)(void *state, const struct seen *seen);
    void (*predict)(void *state, const struct seen *seen, struct given *given);
    void (*learn)(void *state, const struct seen *seen, int bit);
    unsigned n_inputs, n_selectors;
    uint32_t choices[8]; /* of the selectors */
    uint32_t types;      /* a bit for each in which it works */
    void (*pass)(void *state,
                 const struct seen *seen); /* before a byte that only takes its place; or NULL */
};

struct slots;

/* docs/language-model.md, section 9: what the language model says of a bit. */
struct hint {
    float stretch;
    uint32_t context;
    bool absent;
};

/* What a component is made from. */
struct setup {
    bool strong;
    unsigned memory;      /* m */
    uint64_t n_reference; /* F, 0 without a reference */
    bool versed;          /* beside hints */
    int trained;          /* the table of a trained start; 0: none */
    struct slots *slots;
    unsigned n_contexts; /* of all sets so far */
    const struct hint *hint;
    /* What each stream of a block has for itself, as lists of bytes. */
    struct own {
        void *at;
        size_t n;
    } own[8];
    unsigned n_own;
};

static inline void own(struct setup *setup, void *at, size_t n)
{
    setup->own[setup->n_own++] = (struct own){at, n};
}

struct component make_order(struct setup *setup);
struct component make_bitmap(struct setup *setup);
struct component make_record(struct setup *setup);
struct component make_database(struct setup *setup);
struct component make_x86(struct setup *setup);
struct component make_match(struct setup *setup);
/* What the longest match of a component made by make_match comes to behind a byte that it has not been given yet. */
struct continued {
    uint32_t expected, length, missed; /* L(length), u */
    uint32_t last;
};
struct continued continue_match(const void *match, const struct seen *seen);
struct component make_count(struct setup *setup);
struct component make_text(struct setup *setup);
struct component make_pattern(struct setup *setup);
struct component make_table(struct setup *setup);
struct component make_numbers(struct setup *setup);
struct component make_image(struct setup *setup);
struct component make_audio(struct setup *setup);
struct component make_deep_image(struct setup *setup);
struct component make_hint(struct setup *setup);

#endif
