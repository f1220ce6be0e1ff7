/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of pixels of one bit: the pixels to the left and in the three rows above as contexts, each
 * an index into a table of probabilities.
 */
#include <stddef.h>

#include "predict/components.h"

enum {
    N_CONTEXTS = 7,
    TABLE_LOG2 = 18,
    ROWS_ABOVE = 3,
    LIMIT = 400,
    SELECTOR_BITS = 9,
};

struct bitmap_shared {
    const struct input_tables *tables;
    uint32_t p[N_CONTEXTS][1 << TABLE_LOG2];
};

struct bitmap_stream {
    /* Bytes around the present one in the rows above, nearest row first: the one to the left, the
     * one above, two to the right. */
    uint32_t above[ROWS_ABOVE];
    uint32_t *entry[N_CONTEXTS];
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct bitmap_shared *shared = self->shared = arena_take(setup->arena, sizeof *shared);
    component_take_streams(setup, self, sizeof(struct bitmap_stream));
    shape_add_inputs(&setup->shape, 2 * N_CONTEXTS);
    shape_add_selector(&setup->shape, 1 << SELECTOR_BITS);
    shape_add_selector(&setup->shape, 256);
    if (shared == NULL)
        return;
    shared->tables = setup->tables;
    for (unsigned k = 0; k < N_CONTEXTS; k++)
        for (unsigned i = 0; i < 1 << TABLE_LOG2; i++)
            shared->p[k][i] = adaptive_start(32768, 0);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct bitmap_stream *s = stream;
    (void)shared;
    uint32_t stride = h->content.stride;
    for (uint32_t r = 0; r < ROWS_ABOVE; r++) {
        uint32_t row = (r + 1) * stride;
        s->above[r] = history_byte(h, row + 1) << 24 | history_byte(h, row) << 16 |
                      history_byte(h, row - 1) << 8 | (row > 2 ? history_byte(h, row - 2) : 0);
    }
}

/* Pixels of a row above: from n_left to the left of the present column to n_right to the right. */
static uint32_t pixels(uint32_t row, unsigned bit, unsigned n_left, unsigned n_right)
{
    return row >> (23 - bit - n_right) & ((1u << (n_left + 1 + n_right)) - 1);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct bitmap_shared *m = shared;
    struct bitmap_stream *s = stream;
    unsigned bit = h->bit;
    uint32_t left = (uint32_t)history_last(h, 2) << bit | (h->partial & ((1u << bit) - 1));
    uint32_t a = s->above[0], b = s->above[1], c = s->above[2];
    uint32_t context[N_CONTEXTS] = {
        (left & 15) << 15 | pixels(a, bit, 3, 3) << 8 | pixels(b, bit, 2, 2) << 3 |
            pixels(c, bit, 1, 1),
        (left & 0xff) << 8 | pixels(a, bit, 3, 4),
        (left & 3) << 16 | pixels(a, bit, 4, 4) << 7 | pixels(b, bit, 3, 3),
        (left & 0xfff) << 5 | pixels(a, bit, 2, 2),
        (left & 63) << 12 | pixels(a, bit, 4, 4) << 3 | pixels(b, bit, 1, 1),
        (left & 7) << 15 | pixels(a, bit, 2, 2) << 10 | pixels(b, bit, 2, 2) << 5 |
            pixels(c, bit, 2, 2),
        (left & 0x3f) << 22 | pixels(a, bit, 5, 6) << 9 | pixels(b, bit, 4, 4),
    };
    for (unsigned k = 0; k < N_CONTEXTS; k++) {
        uint32_t i = context[k] * UINT32_C(0x9e3779b1) >> (32 - TABLE_LOG2);
        s->entry[k] = &m->p[k][i];
        uint32_t p = adaptive_p12(*s->entry[k]);
        inputs_add(inputs, m->tables->stretch[p]);
        inputs_add(inputs, ((float)(int)p - 2047.5f) * (1.0f / 1024.0f));
    }
    inputs_select(inputs, (left & 7) << 6 | pixels(a, bit, 1, 1) << 3 | pixels(b, bit, 1, 1));
    inputs_select(inputs, (a >> 16 & 0xff));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct bitmap_shared *m = shared;
    struct bitmap_stream *s = stream;
    (void)h;
    for (unsigned k = 0; k < N_CONTEXTS; k++)
        adaptive_update(s->entry[k], bit, &m->tables->rates, LIMIT);
}

const struct component_ops bitmap_model_ops = {
    "bitmap", lay_out, next_byte, predict, update, NULL, CONTENT_BIT(CONTENT_IMAGE1)};
