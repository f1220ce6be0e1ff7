/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that leave bytes out (sparse), and contexts of the bytes that followed the last bytes
 * before (indirect).
 */
#include "predict/components.h"
#include "predict/context_set.h"

enum { N_CONTEXTS = 10 };

struct pattern_shared {
    struct context_set set;
    uint32_t after1[256];   /* the last three bytes that followed a byte, newest lowest */
    uint16_t after2[65536]; /* the last two bytes that followed two bytes */
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct pattern_shared *shared = self->shared = arena_take(setup->arena, sizeof *shared);
    component_take_streams(setup, self, sizeof(struct context_set_stream));
    context_set_lay_out(shared != NULL ? &shared->set : NULL, setup, N_CONTEXTS);
    shape_add_selector(&setup->shape, 256);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct pattern_shared *p = shared;
    uint64_t l = h->last8;
    unsigned c1 = l & 0xff, c2 = l >> 8 & 0xff, c3 = l >> 16 & 0xff;
    p->after1[c2] = (p->after1[c2] << 8 | c1) & 0xffffff;
    p->after2[c3 << 8 | c2] = (uint16_t)(p->after2[c3 << 8 | c2] << 8 | c1);
    uint32_t a1 = p->after1[c1], a2 = p->after2[c2 << 8 | c1];
    unsigned i = 0;
    context_set_hash(stream, i++, l & 0xffff00);
    context_set_hash(stream, i++, l & 0xff00ff);
    context_set_hash(stream, i++, l & 0xffff0000);
    context_set_hash(stream, i++, l & 0xffffff00);
    context_set_hash(stream, i++, l & 0xff00ffff);
    context_set_hash(stream, i++, l & 0xf0f0f0f0f0f0);
    context_set_hash(stream, i++, (uint64_t)a1 << 8 | c1);
    context_set_hash(stream, i++, (uint64_t)(a1 & 0xffff) << 16 | (l & 0xffff));
    context_set_hash(stream, i++, (uint64_t)a2 << 16 | (l & 0xffff));
    context_set_hash(stream, i++, (uint64_t)a2 << 32 | a1);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct pattern_shared *p = shared;
    context_set_predict(&p->set, stream, h, inputs);
    inputs_select(inputs, history_byte(h, 2));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct pattern_shared *p = shared;
    context_set_update(&p->set, stream, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct pattern_shared *p = shared;
    context_set_prefetch(&p->set, stream, history);
}

const struct component_ops pattern_model_ops = {"pattern", lay_out,  next_byte,  predict,
                                                update,    prefetch, CONTENT_ALL};
