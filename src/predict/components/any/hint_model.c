/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's prediction as inputs to the mixer: unchanged, and corrected by how often it
 * was right in this content, by itself and after the last byte. Its confidence selects weight sets.
 */
#include <stddef.h>

#include "base/strict_math.h"
#include "predict/components.h"

enum { N_LEVELS = 64, N_MAPS = 2, LAST_LOG2 = 10 };

#define LEVEL_STEP (N_LEVELS / 2 / CONTEXT_HINT_MAX)

struct hint_shared {
    const struct input_tables *tables;
    const struct context_hint *hint;
    uint32_t by_node[N_LEVELS][256];
    uint32_t by_last[N_LEVELS][1 << LAST_LOG2];
};

struct hint_stream {
    uint32_t *entry[N_MAPS];
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct hint_shared *m = self->shared = arena_take(setup->arena, sizeof *m);
    component_take_streams(setup, self, sizeof(struct hint_stream));
    setup->shape.lead = setup->shape.n_inputs + 1;
    shape_add_inputs(&setup->shape, 2 + N_MAPS);
    shape_add_selector(&setup->shape, CONTEXT_HINT_CONTEXTS);
    shape_add_selector(&setup->shape, N_LEVELS * 8);
    if (m == NULL)
        return;
    m->tables = setup->tables;
    m->hint = setup->hint;
    for (int level = 0; level < N_LEVELS; level++) {
        float x = ((float)level + 0.5f) / LEVEL_STEP - CONTEXT_HINT_MAX;
        uint32_t p_q16 = (uint32_t)(strict_squash(x) * 65535.0f);
        for (int i = 0; i < 256; i++)
            m->by_node[level][i] = adaptive_start(p_q16, 6);
        for (int i = 0; i < 1 << LAST_LOG2; i++)
            m->by_last[level][i] = adaptive_start(p_q16, 6);
    }
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    (void)shared, (void)stream, (void)h;
}

static unsigned level_of(float stretch)
{
    int level = (int)((stretch + CONTEXT_HINT_MAX) * LEVEL_STEP);
    return level < 0 ? 0 : level >= N_LEVELS ? N_LEVELS - 1 : (unsigned)level;
}

void hint_model_ask(void *shared, void *stream, const struct history *h)
{
    struct hint_shared *m = shared;
    struct hint_stream *s = stream;
    unsigned level = level_of(m->hint->stretch);
    uint64_t last = (history_last(h, 1) << 8 | h->partial) * UINT64_C(0x9e3779b97f4a7c15);
    s->entry[0] = &m->by_node[level][h->partial];
    s->entry[1] = &m->by_last[level][last >> (64 - LAST_LOG2)];
    for (int i = 0; i < N_MAPS; i++)
        __builtin_prefetch(s->entry[i]);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct hint_shared *m = shared;
    struct hint_stream *s = stream;
    float x = m->hint->stretch;
    unsigned level = level_of(x);
    inputs_select(inputs, m->hint->context);
    inputs_select(inputs, level * 8 + h->bit);
    if (m->hint->absent) {
        for (int i = 0; i < 2 + N_MAPS; i++)
            inputs_add(inputs, 0.0f);
        return;
    }
    inputs_add(inputs, x);
    inputs_add(inputs, (strict_squash(x) - 0.5f) * 4.0f);
    for (int i = 0; i < N_MAPS; i++)
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->entry[i])]);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct hint_shared *m = shared;
    struct hint_stream *s = stream;
    (void)h;
    for (int i = 0; i < N_MAPS && !m->hint->absent; i++)
        adaptive_update(s->entry[i], bit, &m->tables->rates, 255);
}

const struct component_ops hint_model_ops = {"hint", lay_out, next_byte,  predict,
                                             update, NULL,    CONTENT_ALL};
