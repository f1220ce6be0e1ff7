/* SPDX-License-Identifier: Apache-2.0
 *
 * The last n bytes as context, for several n.
 */
#include "predict/components.h"
#include "predict/context_set.h"

enum { N_ORDERS = 6 };

static void lay_out(struct cm_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct context_set_stream));
    context_set_lay_out(set, setup, N_ORDERS);
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 8 * (N_ORDERS + 1));
}

static void next_byte(void *shared, void *stream, const struct cm_history *history)
{
    (void)shared;
    for (unsigned i = 0; i < N_ORDERS; i++)
        context_set_hash(stream, i, history_last(history, i + 1));
}

static void predict(void *shared, void *stream, const struct cm_history *history,
                    struct mixer_inputs *inputs)
{
    struct context_set_stream *s = stream;
    context_set_predict(shared, s, history, inputs);
    inputs_select(inputs, history->partial);
    inputs_select(inputs, history_byte(history, 1));
    inputs_select(inputs, s->n_known * 8 + history->bit);
}

static void update(void *shared, void *stream, const struct cm_history *history, int bit)
{
    context_set_update(shared, stream, history, bit);
}

const struct component_ops order_model_ops = {"order", lay_out, next_byte, predict, update};
