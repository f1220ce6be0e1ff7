/* SPDX-License-Identifier: Apache-2.0
 *
 * The last n bytes as context, for several n.
 */
#include "predict/components.h"
#include "predict/context_set.h"

enum { N_QUICK = 5, N_STRONG = 8 };

static const uint8_t quick_orders[N_QUICK] = {0, 1, 2, 4, 6};
static const uint8_t strong_orders[N_STRONG] = {0, 1, 2, 3, 4, 6, 5, 8};

static uint64_t last_bytes(const struct history *history, unsigned n)
{
    return n == 0 ? 0 : history_last(history, n);
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct context_set_stream));
    unsigned n_orders = setup->config->strength == CONTEXT_STRONG ? N_STRONG : N_QUICK;
    context_set_lay_out(set, setup, n_orders);
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 8 * (n_orders + 1));
    if (setup->config->strength != CONTEXT_STRONG)
        return;
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 2048);
}

static void next_byte(void *shared, void *stream, const struct history *history)
{
    const struct context_set *set = shared;
    const uint8_t *orders = set->n == N_QUICK ? quick_orders : strong_orders;
    for (unsigned i = 0; i < set->n; i++)
        context_set_hash(stream, i, last_bytes(history, orders[i]));
}

static void predict(void *shared, void *stream, const struct history *history,
                    struct mixer_inputs *inputs)
{
    struct context_set_stream *s = stream;
    context_set_predict(shared, s, history, inputs);
    inputs_select(inputs, history->partial);
    inputs_select(inputs, s->n_known * 8 + history->bit);
    if (((const struct context_set *)shared)->n == N_QUICK)
        return;
    inputs_select(inputs, history_byte(history, 1));
    inputs_select(inputs, history->bit * 256 + history_byte(history, 1));
}

static void update(void *shared, void *stream, const struct history *history, int bit)
{
    context_set_update(shared, stream, history, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct context_set_stream *s = stream;
    context_set_prefetch(shared, s, history);
}

const struct component_ops order_model_ops = {"order", lay_out,  next_byte,  predict,
                                              update,  prefetch, CONTENT_ALL};
