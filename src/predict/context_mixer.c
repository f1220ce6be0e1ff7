/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_mixer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"
#include "predict/components.h"
#include "predict/context_mixer_inside.h"

#define SURE_STRETCH 2.0f

static bool component_rests(const struct component *c, const struct context_mixer_stream *stream)
{
    return !(c->ops->content_set & CONTENT_BIT(stream->history.content.type));
}

/* history: as it is at bit 0, or as it is expected to be at bit 4. */
static void prefetch_for(const struct context_mixer *cm, const struct component *c,
                         const struct history *history)
{
    if (c->ops->prefetch != NULL && !component_rests(c, cm->stream))
        c->ops->prefetch(c->shared, component_stream(c, cm->selected), history);
}

/* At bit 3: asks for what bit 4 needs if this bit is as given. */
static void ask_for_nibble(const struct context_mixer *cm, int bit)
{
    const struct context_mixer_group *group = cm->stream->group;
    struct history expected = cm->stream->history;
    expected.bit++;
    expected.partial = expected.partial << 1 | (unsigned)bit;
    for (unsigned i = 0; i < group->n_components; i++)
        prefetch_for(cm, &group->components[i], &expected);
}

/* Whether the language model does not rule the bit out. Lines that are asked for in vain take as long as others. */
static bool is_likely(const struct context_mixer *cm, int bit)
{
    float x = cm->hint.absent ? 0.0f : cm->hint.stretch;
    return (bit ? x : -x) > -SURE_STRETCH;
}

static void next_byte(struct context_mixer *cm)
{
    struct context_mixer_stream *stream = cm->stream;
    stream->at_byte = false;
    if (stream->group->lean) {
        lean_ask(stream->group->lean, &stream->history);
        lean_next_byte(stream->group->lean, &stream->history);
        return;
    }
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (!component_rests(c, stream))
            c->ops->next_byte(c->shared, component_stream(c, cm->selected), &stream->history);
        prefetch_for(cm, c, &stream->history); /* at once: the others' contexts take time */
    }
}

enum tacit_status context_mixer_set_content(struct context_mixer *cm, const struct content *content)
{
    if (!content_is_valid(content) || !(cm->config.content_set & CONTENT_BIT(content->type)))
        return TACIT_ERR_ARGUMENT;
    context_mixer_begin_content(cm, cm->stream, content);
    return TACIT_OK;
}

void context_mixer_select_stream(struct context_mixer *cm, unsigned stream, uint32_t start)
{
    cm->selected = stream;
    cm->stream = &cm->streams[stream];
    if (!cm->stream->begun) {
        cm->stream->begun = true;
        cm->stream->history.n = cm->stream->history.content_start = start;
    }
}

void context_mixer_expect(struct context_mixer *cm, size_t n_bytes)
{
    cm->n_ahead = n_bytes > 0 ? n_bytes - 1 : 0;
}

void context_mixer_skim(struct context_mixer *cm, const uint8_t *data, size_t n_bytes)
{
    struct context_mixer_stream *stream = cm->stream;
    for (size_t i = 0; i < n_bytes; i++) {
        if (stream->group->lean)
            lean_skim(stream->group->lean, &stream->history);
        for (unsigned k = 0; k < stream->group->n_components; k++) {
            struct component *c = &stream->group->components[k];
            if (c->ops == &match_model_ops)
                match_model_skim(c->shared, &stream->history);
        }
        history_push_byte(&stream->history, data[i]);
    }
}

void context_mixer_set_hint(struct context_mixer *cm, const struct context_hint *hint)
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

/* The language model's component finds its entries in large tables, which are fetched while the others predict. It is
 * the last. */
static void ask_for_hint(struct context_mixer *cm)
{
    struct context_mixer_group *group = cm->stream->group;
    struct component *c = &group->components[group->n_components - 1];
    if (c->ops == &hint_model_ops)
        hint_model_ask(c->shared, component_stream(c, cm->selected), &cm->stream->history);
}

/* Asks for weight sets that are selected so far, from set n_asked on. Without a language model, whose passes take the
 * near caches, this would cost more than it gains. */
static void ask_for_sets(const struct context_mixer *cm, const struct mixer_inputs *inputs,
                         unsigned n_asked)
{
    for (unsigned k = n_asked; k < inputs->n_selectors; k++)
        mixer_prefetch(&cm->stream->group->mixer, k, inputs->selector[k]);
}

/* Collects every component's inputs for the next bit. mixed: by the mixer. */
static void gather_inputs(struct context_mixer *cm, struct mixer_inputs *inputs, bool mixed)
{
    struct context_mixer_stream *stream = cm->stream;
    if (stream->at_byte) /* as late as here, since the content may have changed since the last
                            byte */
        next_byte(cm);
    if (!cm->hint.absent)
        ask_for_hint(cm);
    for (unsigned i = 0, n_asked; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        n_asked = inputs->n_selectors;
        if (component_rests(c, stream))
            add_nothing(c, inputs);
        else
            c->ops->predict(c->shared, component_stream(c, cm->selected), &stream->history, inputs);
        if (mixed && cm->config.hinted)
            ask_for_sets(cm, inputs, n_asked);
    }
}

/* Adds what the versed mixer makes of the inputs, if there is one. Returns it: ln(p / (1 - p)). */
static float add_versed(struct context_mixer *cm, struct mixer_inputs *inputs)
{
    struct context_mixer_group *group = cm->stream->group;
    struct mixer_stream *stream = &group->versed_stream;
    if (group->n_versed == 0)
        return 0.0f;
    memcpy(stream->x, inputs->x, group->n_versed * sizeof *inputs->x);
    struct mixer_inputs own = *inputs;
    own.n = group->n_versed;
    float x = mixer_predict(&group->versed, stream, &own, cm->stream->history.partial);
    float p = mixer_probability(&group->versed, stream, x);
    inputs_add(inputs, x);
    inputs_add(inputs, (p - 0.5f) * 4.0f);
    return x;
}

/* The components learn the bit, the mixer does not. */
static void learn(struct context_mixer *cm, int bit)
{
    struct context_mixer_stream *stream = cm->stream;
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        struct component *c = &stream->group->components[i];
        if (!component_rests(c, stream))
            c->ops->update(c->shared, component_stream(c, cm->selected), &stream->history, bit);
    }
    stream->at_byte = history_push(&stream->history, bit);
}

static uint32_t predict_lean(struct context_mixer *cm)
{
    struct context_mixer_stream *stream = cm->stream;
    struct lean *lean = stream->group->lean;
    unsigned bit = stream->history.bit, partial = stream->history.partial;
    if (stream->at_byte)
        next_byte(cm);
    if ((bit & 3) == 0)
        lean_next_nibble(lean, bit, partial);
    else if (bit == 2)
        lean_ask_nibble(lean, partial);
    return lean_predict(lean, bit, partial) << 16;
}

uint32_t context_mixer_predict(struct context_mixer *cm)
{
    struct context_mixer_group *group = cm->stream->group;
    if (group->lean)
        return predict_lean(cm);
    struct mixer_inputs inputs;
    inputs_begin(&inputs, group->mixer_stream.x);
    for (int bit = 0; cm->stream->history.bit == 3 && bit <= 1; bit++)
        if (is_likely(cm, bit))
            ask_for_nibble(cm, bit);
    gather_inputs(cm, &inputs, true);
    add_versed(cm, &inputs);
    float x =
        mixer_predict(&group->mixer, &group->mixer_stream, &inputs, cm->stream->history.partial);
    float p = mixer_probability(&group->mixer, &group->mixer_stream, x);
    p = refiner_predict(&group->refiner, &group->refiner_stream, &cm->stream->history, x, p);
    return probability_q32(p);
}

static void update_lean(struct context_mixer *cm, int bit)
{
    struct context_mixer_stream *stream = cm->stream;
    struct lean *lean = stream->group->lean;
    stream->at_byte = history_push(&stream->history, bit);
    if (!stream->at_byte || cm->n_ahead == 0) {
        lean_update(lean, bit);
        return;
    }
    cm->n_ahead--;
    stream->at_byte = false;
    lean_ask(lean, &stream->history); /* while its cache lines are fetched, the others learn */
    lean_update(lean, bit);
    lean_next_byte(lean, &stream->history);
}

/* What predicts binary data changes more often than what predicts text: measured, for strong models. */
static float pace_of(const struct context_mixer *cm)
{
    bool binary = CONTENT_BIT(cm->stream->history.content.type) & CONTENT_BINARY;
    return binary && cm->config.strength == CONTEXT_STRONG ? 1.5f : 1.0f;
}

void context_mixer_update(struct context_mixer *cm, int bit)
{
    struct context_mixer_group *group = cm->stream->group;
    if (group->lean) {
        update_lean(cm, bit);
        return;
    }
    if (cm->stream->history.bit == 3 && !is_likely(cm, bit))
        ask_for_nibble(cm, bit);
    learn(cm, bit);
    if (cm->stream->at_byte && cm->n_ahead > 0) {
        cm->n_ahead--;
        next_byte(cm); /* while its cache lines are fetched, the others learn */
    }
    refiner_update(&group->refiner, &group->refiner_stream, bit);
    if (group->n_versed > 0)
        mixer_update(&group->versed, &group->versed_stream, bit, pace_of(cm));
    mixer_update(&group->mixer, &group->mixer_stream, bit, pace_of(cm));
}

void context_mixer_pass(struct context_mixer *cm, int bit)
{
    struct context_mixer_group *group = cm->stream->group;
    struct mixer_inputs inputs;
    inputs_begin(&inputs, group->mixer_stream.x);
    cm->hint = (struct context_hint){.absent = true};
    if (cm->stream->history.bit == 3)
        ask_for_nibble(cm, bit);
    gather_inputs(cm, &inputs, false);
    if (group->n_versed > 0) {
        float x = add_versed(cm, &inputs);
        refiner_predict(&group->refiner, &group->refiner_stream, &cm->stream->history, x,
                        group->versed_stream.final_p);
        refiner_update(&group->refiner, &group->refiner_stream, bit);
        mixer_update(&group->versed, &group->versed_stream, bit, pace_of(cm));
    }
    learn(cm, bit);
}

void context_mixer_begin_item(struct context_mixer *cm)
{
    cm->stream->history.fresh = true;
}

void context_mixer_turn(struct context_mixer *cm)
{
    if (cm->stream->at_byte)
        next_byte(cm);
}

void context_mixer_end_item(struct context_mixer *cm, uint32_t n_bytes)
{
    struct history *h = &cm->stream->history;
    for (uint32_t i = 1; i <= n_bytes; i++)
        history_mark_item(h, h->n - i, i == 1 ? ITEM_ENDS : ITEM_GOES_ON);
}

static struct match_view view_match(const struct context_mixer *cm)
{
    const struct context_mixer_stream *stream = cm->stream;
    for (unsigned i = 0; i < stream->group->n_components; i++) {
        const struct component *c = &stream->group->components[i];
        if (c->ops == &match_model_ops)
            return match_model_view(c->shared, component_stream(c, cm->selected), &stream->history);
    }
    return (struct match_view){0};
}

uint32_t context_mixer_predict_end(struct context_mixer *cm, uint32_t node, uint32_t n_spelled)
{
    const struct match_view match = view_match(cm);
    const struct end_place place = {node, n_spelled, &cm->stream->history, &match};
    return end_predict(&cm->end, &place, cm->hint.stretch);
}

void context_mixer_update_end(struct context_mixer *cm, int bit)
{
    end_update(&cm->end, bit);
}

/* The mixer's inputs that come from the language model: the first, and the one behind the last. */
static void find_hint(const struct context_mixer_group *group, unsigned *begin, unsigned *end)
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

void context_mixer_predict_parts(const struct context_mixer *cm, bool at_end,
                                 struct context_mixer_parts *parts)
{
    const struct context_mixer_group *group = cm->stream->group;
    const struct mixer *mixer = at_end ? &cm->end.mixer : &group->mixer;
    const struct mixer_stream *stream = at_end ? &cm->end.mixer_stream : &group->mixer_stream;
    unsigned begin = 0, end = END_HINT_INPUTS;
    if (!at_end)
        find_hint(group, &begin, &end);
    parts->mixed = part_of(mixer_predict_without(mixer, stream, 0, 0, false));
    parts->hint = part_of(mixer_predict_without(mixer, stream, begin, end, true));
    parts->context = part_of(mixer_predict_without(mixer, stream, begin, end, false));
}
