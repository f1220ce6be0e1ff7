/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/end_model.h"

#include "base/strict_math.h"

enum {
    LEVELS = 32,
    LOG2_MAX = 20,
    INPUTS_PER_CONTEXT = 2,
    LIMIT = 127,
    KNOWN_KINDS = END_CONTEXTS + 1,
};

void end_model_lay_out(struct end_model *model, struct arena *arena,
                       const struct input_tables *tables, unsigned memory_log2,
                       const struct kernels *kernels)
{
    unsigned log2 = memory_log2 - 10 < LOG2_MAX ? memory_log2 - 10 : LOG2_MAX;
    uint32_t *maps = arena_take(arena, ((size_t)END_CONTEXTS << log2) * sizeof *maps);
    struct mixer_shape shape = {.lead = 1};
    shape_add_inputs(&shape, 2 + END_CONTEXTS * INPUTS_PER_CONTEXT);
    shape_add_selector(&shape, LEVELS);
    shape_add_selector(&shape, KNOWN_KINDS * 8);
    struct mixer mixer;
    mixer_lay_out(&mixer, arena, &shape, kernels);
    if (maps == NULL)
        return;
    *model = (struct end_model){.tables = tables, .maps = maps, .log2 = log2, .mixer = mixer};
    for (size_t i = 0; i < (size_t)END_CONTEXTS << log2; i++)
        maps[i] = adaptive_start(32768, 0);
}

/* Contexts of the node and several numbers of bytes before it; the last also of the place in the
 * item. */
static void find_entries(struct end_model *model, uint32_t node, const struct history *history)
{
    static const unsigned n_bytes[END_CONTEXTS] = {0, 1, 2, 3, 4, 6, 8};
    for (unsigned i = 0; i < END_CONTEXTS; i++) {
        uint64_t bytes = n_bytes[i] == 0 ? 0 : history_last(history, n_bytes[i]);
        uint64_t hash = (bytes + ((uint64_t)node << 20)) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ hash >> 32 ^ node) * UINT64_C(0xd6e8feb86659fd93);
        model->entry[i] = &model->maps[((size_t)i << model->log2) + (hash >> (64 - model->log2))];
    }
}

uint32_t end_predict(struct end_model *model, uint32_t node, uint32_t n_spelled,
                     const struct history *history, float stretch)
{
    struct mixer_inputs inputs = {.x = model->mixer_stream.x};
    find_entries(model, node, history);
    unsigned n_known = 0;
    inputs_add(&inputs, stretch);
    inputs_add(&inputs, (strict_squash(stretch) - 0.5f) * 4.0f);
    for (unsigned i = 0; i < END_CONTEXTS; i++) {
        uint32_t count = *model->entry[i] & ADAPTIVE_LIMIT_MAX, p = adaptive_p12(*model->entry[i]);
        bool known = count != 0;
        n_known += known;
        inputs_add(&inputs, known ? model->tables->stretch[p] : 0.0f);
        inputs_add(&inputs, known ? ((float)(int)p - 2047.5f) * (1.0f / 1024.0f) : 0.0f);
    }
    int level = (int)((stretch + CONTEXT_HINT_MAX) * (LEVELS / 2 / CONTEXT_HINT_MAX));
    inputs_select(&inputs, level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : (unsigned)level);
    inputs_select(&inputs, n_known * 8 + (n_spelled < 8 ? n_spelled : 7));
    float x = mixer_predict(&model->mixer, &model->mixer_stream, &inputs, 1);
    return probability_q32(mixer_probability(&model->mixer, &model->mixer_stream, x));
}

void end_update(struct end_model *model, int bit)
{
    mixer_update(&model->mixer, &model->mixer_stream, bit);
    for (unsigned i = 0; i < END_CONTEXTS; i++)
        adaptive_update(model->entry[i], bit, &model->tables->rates, LIMIT);
}
