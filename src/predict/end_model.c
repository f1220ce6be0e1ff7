/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/end_model.h"

#include "base/strict_math.h"

enum {
    LEVELS = 32,
    LOG2_MAX = 22,
    INPUTS_PER_CONTEXT = 2,
    MATCH_INPUTS = 2,
    HISTORY_START = 6,
    KNOWN_KINDS = END_CONTEXTS + 1,
    SPELLED_KINDS = 8,
};

static void start_maps(struct end_model *model)
{
    const struct bit_history *h = &model->tables->history;
    for (unsigned i = 0; i < END_CONTEXTS; i++)
        for (unsigned s = 0; s < BIT_HISTORY_STATES; s++)
            model->maps[i].of[s] = adaptive_start(
                (h->n1[s] * 2u + 1) * 32768u / (h->n0[s] + h->n1[s] + 1u), HISTORY_START);
    for (unsigned i = 0; i < END_MATCHES; i++)
        model->by_match[i] = adaptive_start(32768, 0);
}

void end_model_lay_out(struct end_model *model, struct arena *arena,
                       const struct input_tables *tables, unsigned memory_log2,
                       const struct kernels *kernels)
{
    unsigned log2 = memory_log2 - 8 < LOG2_MAX ? memory_log2 - 8 : LOG2_MAX;
    uint8_t *histories = arena_take(arena, (size_t)END_CONTEXTS << log2);
    struct end_maps *maps = arena_take(arena, END_CONTEXTS * sizeof *maps);
    uint32_t *by_match = arena_take(arena, END_MATCHES * sizeof *by_match);
    struct mixer_shape shape = {.lead = 1, .few_inputs = true};
    shape_add_inputs(&shape, END_HINT_INPUTS + END_CONTEXTS * INPUTS_PER_CONTEXT + MATCH_INPUTS);
    shape_add_selector(&shape, LEVELS);
    shape_add_selector(&shape, KNOWN_KINDS * SPELLED_KINDS);
    shape_add_selector(&shape, END_MATCHES);
    struct mixer mixer;
    mixer_lay_out(&mixer, arena, &shape, kernels);
    if (by_match == NULL)
        return;
    *model = (struct end_model){.tables = tables,
                                .histories = histories,
                                .log2 = log2,
                                .maps = maps,
                                .by_match = by_match,
                                .mixer = mixer};
    start_maps(model);
}

/* Contexts of the node, and of several numbers of bytes before it or of what the match expects. */
static void find_histories(struct end_model *model, const struct end_place *place)
{
    static const unsigned n_bytes[END_CONTEXTS - 1] = {0, 1, 2, 3, 4, 6, 8};
    uint64_t node = place->node;
    for (unsigned i = 0; i < END_CONTEXTS; i++) {
        uint64_t bytes = i == END_CONTEXTS - 1
                             ? place->match->expected << 4 | place->match->length_kind
                         : n_bytes[i] == 0 ? 0
                                           : history_last(place->past, n_bytes[i]);
        uint64_t hash = (bytes + (node << 20)) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ hash >> 32 ^ node) * UINT64_C(0xd6e8feb86659fd93);
        model->history[i] =
            &model->histories[((size_t)i << model->log2) + (hash >> (64 - model->log2))];
    }
}

static void add_pair(struct mixer_inputs *inputs, const struct end_model *model, uint32_t word,
                     bool known)
{
    uint32_t p = adaptive_p12(word);
    inputs_add(inputs, known ? model->tables->stretch[p] : 0.0f);
    inputs_add(inputs, known ? ((float)(int)p - 2047.5f) * (1.0f / 1024.0f) : 0.0f);
}

/* Adds the inputs; returns how many contexts are known. */
static unsigned add_contexts(const struct end_model *model, struct mixer_inputs *inputs)
{
    unsigned n_known = 0;
    for (unsigned i = 0; i < END_CONTEXTS; i++) {
        unsigned state = *model->history[i];
        n_known += state != 0;
        add_pair(inputs, model, model->maps[i].of[state], state != 0);
    }
    return n_known;
}

uint32_t end_predict(struct end_model *model, const struct end_place *place, float stretch)
{
    struct mixer_inputs inputs = {.x = model->mixer_stream.x};
    const struct match_view *match = place->match;
    const struct history *past = place->past;
    find_histories(model, place);
    inputs_add(&inputs, stretch);
    inputs_add(&inputs, (strict_squash(stretch) - 0.5f) * 4.0f);
    unsigned n_known = add_contexts(model, &inputs);
    unsigned mark = match->expected ? history_item_mark(past, match->last) : ITEM_UNKNOWN;
    unsigned kind =
        (mark * MATCH_LENGTH_KINDS + match->length_kind) * MATCH_MISS_KINDS + match->miss_kind;
    model->match = &model->by_match[kind];
    add_pair(&inputs, model, *model->match, mark != ITEM_UNKNOWN);
    int level = (int)((stretch + CONTEXT_HINT_MAX) * (LEVELS / 2 / CONTEXT_HINT_MAX));
    inputs_select(&inputs, level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : (unsigned)level);
    inputs_select(&inputs,
                  n_known * SPELLED_KINDS +
                      (place->n_spelled < SPELLED_KINDS ? place->n_spelled : SPELLED_KINDS - 1));
    inputs_select(&inputs, kind);
    float x = mixer_predict(&model->mixer, &model->mixer_stream, &inputs, 1);
    return probability_q32(mixer_probability(&model->mixer, &model->mixer_stream, x));
}

void end_update(struct end_model *model, int bit)
{
    const struct input_tables *t = model->tables;
    mixer_update(&model->mixer, &model->mixer_stream, bit, 1.0f);
    adaptive_update(model->match, bit, &t->rates, ADAPTIVE_LIMIT_MAX);
    for (unsigned i = 0; i < END_CONTEXTS; i++) {
        unsigned state = *model->history[i];
        adaptive_update(&model->maps[i].of[state], bit, &t->rates, ADAPTIVE_LIMIT_MAX);
        *model->history[i] = t->history.next[state][bit];
    }
}
