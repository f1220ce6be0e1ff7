/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of fields (CSV, logs, SQL dumps, indented code): contexts of the line above.
 *
 * A pointer follows the present line through the one above. It moves with each byte, but at a
 * separator it jumps behind the next equal separator, so that it stays on the same field however
 * long the fields are. Contexts are made of the bytes at the pointer, the number of the field, the
 * field's beginning, and the fields to the left and above.
 */
#include <stdbool.h>

#include "predict/components.h"
#include "predict/components/text/add_hash.h"
#include "predict/context_set.h"

enum { N_QUICK = 1, N_STRONG = 7, N_FIELDS_MAX = 64, SEEK_MAX = 256 };

struct table_stream {
    struct context_set_stream set;
    uint32_t line_start;
    uint32_t above_start; /* of the line above */
    uint32_t above;       /* the pointer; always below line_start */
    uint32_t field;       /* number in the line, from 0 */
    uint32_t field_start;
    uint64_t field_hash;               /* of the bytes since field_start */
    uint64_t left_hash;                /* of the field to the left */
    uint64_t first_hash;               /* of the line's first field */
    uint64_t above_hash[N_FIELDS_MAX]; /* of the line above's fields, replaced one by one */
    uint64_t above_field_hash;         /* that of the present field */
    uint32_t n_equal;                  /* bytes of the field so far like those above, 0: differs */
};

static unsigned n_contexts(enum context_strength strength)
{
    return strength == CONTEXT_STRONG ? N_STRONG : N_QUICK;
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct table_stream));
    context_set_lay_out(set, setup, n_contexts(setup->config->strength));
    shape_add_selector(&setup->shape, 32 * 8);
    if (setup->config->strength == CONTEXT_STRONG)
        shape_add_selector(&setup->shape, 256);
}

static unsigned byte_at(const struct history *h, uint32_t position)
{
    return h->ring[position & h->mask];
}

/* The strength of a byte as a separator: 0 none, 1 within a field's text, 2 of fields, 3 of
 * lines. */
static unsigned separation(unsigned byte)
{
    switch (byte) {
    case '\n':
        return 3;
    case ',':
    case ';':
    case '\t':
    case '|':
        return 2;
    case ' ':
    case ':':
    case '/':
    case '=':
    case '(':
    case ')':
    case '[':
    case ']':
    case '<':
    case '>':
    case '{':
    case '}':
        return 1;
    default:
        return 0;
    }
}

static void begin_line(struct table_stream *s, const struct history *h)
{
    s->above_start = s->line_start;
    s->above = s->line_start;
    s->line_start = h->n;
    s->field = 0;
    s->left_hash = 0;
    s->first_hash = 0;
}

/* The place behind the next equal separator, unless a stronger one comes first. */
static void seek_above(struct table_stream *s, const struct history *h, unsigned separator)
{
    unsigned strength = separation(separator);
    for (uint32_t i = 0, p = s->above; i < SEEK_MAX && p != s->line_start; i++, p++) {
        unsigned byte = byte_at(h, p);
        if (byte == separator) {
            s->above = p + 1;
            return;
        }
        if (separation(byte) > strength)
            return;
    }
}

static void begin_field(struct table_stream *s, const struct history *h)
{
    uint32_t i = s->field % N_FIELDS_MAX;
    s->above_hash[i] = s->field_hash;
    s->left_hash = s->field_hash;
    if (s->field == 0)
        s->first_hash = s->field_hash;
    s->field++;
    s->field_start = h->n;
    s->field_hash = 0;
    s->n_equal = 1;
}

static void follow(struct table_stream *s, const struct history *h)
{
    unsigned byte = history_byte(h, 1), strength = separation(byte);
    bool at_end = s->above == s->line_start;
    unsigned expected = at_end ? 0 : byte_at(h, s->above);
    s->field_hash = add_hash(s->field_hash, byte);
    s->n_equal = s->n_equal != 0 && !at_end && byte == expected ? s->n_equal + 1 : 0;
    if (strength > 0)
        begin_field(s, h);
    if (byte == '\n')
        begin_line(s, h);
    else if (strength > 0)
        seek_above(s, h, byte);
    else if (!at_end && separation(expected) == 0)
        s->above++;
    s->above_field_hash = s->above_hash[s->field % N_FIELDS_MAX];
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    const struct context_set *set = shared;
    struct table_stream *s = stream;
    if (h->n != 0)
        follow(s, h);
    uint64_t above = 0;
    for (uint32_t i = 0; i < 3; i++)
        above |= (uint64_t)(s->above + i < s->line_start ? byte_at(h, s->above + i) : 0) << 8 * i;
    uint64_t last = history_last(h, 1);
    uint64_t equal = s->n_equal < 15 ? s->n_equal : 15, field = s->field;
    struct context_set_stream *c = &s->set;
    unsigned n = 0;
    context_set_hash(c, n++, add_hash(s->field_hash, s->above_field_hash));
    if (set->n == N_QUICK)
        return;
    context_set_hash(c, n++, add_hash(s->field_hash, field));
    context_set_hash(c, n++, above << 8 | last);
    context_set_hash(c, n++, add_hash(s->field_hash, s->left_hash));
    context_set_hash(c, n++, (above & 0xff) << 32 | field << 8 | equal);
    context_set_hash(c, n++, add_hash(s->field_hash, add_hash(s->left_hash, s->above_field_hash)));
    context_set_hash(c, n++, (above & 0xffff) << 32 | history_last(h, 2) << 8 | equal);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct table_stream *s = stream;
    context_set_predict(shared, &s->set, h, inputs);
    unsigned equal = s->n_equal < 3 ? s->n_equal : s->n_equal < 8 ? 3 : s->n_equal < 16 ? 4 : 5;
    bool at_end = s->above == s->line_start;
    unsigned above = at_end ? '\n' : byte_at(h, s->above);
    bool fits = (above | 0x100u) >> (8 - h->bit) == h->partial;
    inputs_select(inputs,
                  ((fits ? 2u + (above >> (7 - h->bit) & 1) : 0u) << 3 | equal) * 8 + h->bit);
    if (((const struct context_set *)shared)->n == N_STRONG)
        inputs_select(inputs, above);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct table_stream *s = stream;
    context_set_update(shared, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct table_stream *s = stream;
    context_set_prefetch(shared, &s->set, history);
}

const struct component_ops table_model_ops = {
    "table",
    lay_out,
    next_byte,
    predict,
    update,
    prefetch,
    CONTENT_BIT(CONTENT_TABLE) | CONTENT_BIT(CONTENT_TEXT) | CONTENT_BIT(CONTENT_NUMBERS)};
