/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of fixed length: contexts of the bytes above, two rows above and to the left, and of the
 * column. Fields of rows whose lengths differ: contexts of bytes some places back, and of where
 * zeros and repeats at a distance of four lie.
 *
 * If the content does not state the length of its rows, the model guesses it continually: a
 * distance at which a byte value recurs several times in a row is the length until another distance
 * does so.
 */
#include "predict/components.h"
#include "predict/context_set.h"

enum { N_QUICK = 6, N_STRONG = 20, REPEATS_TO_ADOPT = 4, GUESS_MAX = 2048 };

struct record_stream {
    struct context_set_stream set;
    uint32_t stride;
    uint32_t column;
    uint32_t marks; /* two bits for each of the last 16 bytes: is it the one four before, is it 0 */
    uint32_t last_at[256]; /* position after the value's last occurrence */
    uint32_t gap[256];     /* distance from the occurrence before to the last one */
    uint8_t n_same[256];   /* gaps of that length in a row */
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    bool strong = setup->config->strength == CONTEXT_STRONG;
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    bool placed = component_take_streams(setup, self, sizeof(struct record_stream));
    context_set_lay_out(set, setup, strong ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 1024);
    for (unsigned i = 0; placed && i < context_n_streams(setup->config); i++)
        ((struct record_stream *)component_stream(self, i))->stride = 4;
}

static void guess_stride(struct record_stream *s, const struct history *h)
{
    unsigned c = history_byte(h, 1);
    uint32_t gap = h->n - s->last_at[c];
    s->last_at[c] = h->n;
    if (gap != s->gap[c] || gap < 2 || gap > GUESS_MAX) {
        s->gap[c] = gap;
        s->n_same[c] = 0;
        return;
    }
    if (++s->n_same[c] >= REPEATS_TO_ADOPT) {
        s->stride = gap;
        s->n_same[c] = 0;
    }
}

static uint64_t join(uint64_t a, uint64_t b)
{
    return (a + 1) * UINT64_C(0xd6e8feb86659fd93) + b;
}

/* The byte k places back stands in bits 8 (k - 1) and up of `last`. */
static unsigned hash_fields(struct context_set_stream *c, unsigned i, uint64_t last, uint32_t marks)
{
    context_set_hash(c, i++, last & UINT64_C(0xff00000000));
    context_set_hash(c, i++, last & UINT64_C(0xffff000000));
    context_set_hash(c, i++, last & UINT64_C(0xff00ff00000000));
    context_set_hash(c, i++, last & UINT64_C(0xff00000000ff));
    context_set_hash(c, i++, last >> 56);
    context_set_hash(c, i++, marks);
    return i;
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    const struct context_set *set = shared;
    struct record_stream *s = stream;
    struct context_set_stream *c = &s->set;
    uint64_t last = h->last8;
    if (h->content.type == CONTENT_RECORDS)
        s->stride = h->content.stride;
    else if (h->n != 0)
        guess_stride(s, h);
    uint32_t stride = s->stride;
    s->column = (h->n - h->content_start + stride - h->content.offset) % stride;
    uint64_t column = s->column, w = history_byte(h, 1), ww = history_byte(h, 2);
    uint64_t above = history_byte(h, stride), above2 = history_byte(h, 2 * stride);
    uint64_t above_left = history_byte(h, stride + 1);
    uint64_t above_right = stride > 1 ? history_byte(h, stride - 1) : 0;
    s->marks = s->marks << 2 | (uint32_t)(w == (last >> 32 & 0xff)) << 1 | (w == 0);
    unsigned i = 0;
    context_set_hash(c, i++, join(above << 8 | w, column));
    context_set_hash(c, i++, join(above << 8 | above2, column));
    context_set_hash(c, i++, join(w << 8 | ww, column));
    context_set_hash(c, i++, above << 16 | above_left << 8 | w);
    context_set_hash(c, i++, last & UINT64_C(0xff000000ff));
    context_set_hash(c, i++, (last & UINT64_C(0xffe00000)) | (s->marks & 0xff));
    if (set->n == N_QUICK)
        return;
    i = hash_fields(c, i, last, s->marks);
    context_set_hash(c, i++, join(column, above));
    context_set_hash(c, i++, join(column, w));
    context_set_hash(c, i++, above << 16 | above2 << 8 | w);
    context_set_hash(c, i++, join(column, (above + w - above_left) & 0x1ff));
    context_set_hash(c, i++, above << 16 | above_right << 8 | w);
    context_set_hash(c, i++, join(column, (above - above2) & 0x1ff) << 8 | above);
    context_set_hash(c, i++, join(above << 16 | above2 << 8 | history_byte(h, 3 * stride), 3));
    context_set_hash(c, i++, join(join(column, history_last(h, 3)), above));
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct record_stream *s = stream;
    context_set_predict(shared, &s->set, h, inputs);
    unsigned above = history_byte(h, s->stride);
    inputs_select(inputs, above);
    inputs_select(inputs, (s->column < 127 ? s->column : 127) * 8 + h->bit);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct record_stream *s = stream;
    context_set_update(shared, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct record_stream *s = stream;
    context_set_prefetch(shared, &s->set, history);
}

const struct component_ops record_model_ops = {"record", lay_out,  next_byte,     predict,
                                               update,   prefetch, CONTENT_BINARY};
