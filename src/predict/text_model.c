/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts of words, lines, fields and brackets: the structure of prose, code, logs and tables.
 */
#include "predict/components.h"
#include "predict/context_set.h"
#include "predict/text_state.h"

enum { N_QUICK = 3, N_STRONG = 17 };

struct text_stream {
    struct context_set_stream contexts;
    struct text_state text;
};

static void lay_out(struct cm_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    bool placed = component_take_streams(setup, self, sizeof(struct text_stream));
    bool strong = setup->config->strength == CM_STRONG;
    context_set_lay_out(set, setup, strong ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, 16 * 16);
    if (strong) {
        shape_add_selector(&setup->shape, 256);
        shape_add_selector(&setup->shape, 256);
    }
    for (unsigned i = 0; placed && i < cm_n_streams(setup->config); i++)
        text_state_init(&((struct text_stream *)component_stream(self, i))->text);
}

static uint64_t join(uint64_t a, uint64_t b)
{
    return a * UINT64_C(0xd6e8feb86659fd93) + b;
}

static void next_byte(void *shared, void *stream, const struct cm_history *h)
{
    const struct context_set *set = shared;
    struct text_stream *s = stream;
    struct text_state *t = &s->text;
    if (h->n != 0)
        text_state_next(t, h);
    struct context_set_stream *cs = &s->contexts;
    unsigned c1 = history_byte(h, 1), above = text_above(t, h);
    uint32_t column = h->n - t->line_start;
    uint64_t begun = join(t->word[0], t->word[0] ? 0 : t->gap);
    unsigned i = 0;
    context_set_hash(cs, i++, join(begun, c1));
    context_set_hash(cs, i++, join(begun, t->word[1]));
    context_set_hash(cs, i++, join(join(above, c1), column));
    if (set->n == N_QUICK)
        return;
    unsigned open = t->n_brackets ? t->bracket[t->n_brackets - 1] : 0;
    uint32_t open_at = t->n_brackets ? t->bracket_at[t->n_brackets - 1] : 0;
    unsigned above_in_field =
        t->above_field + (h->n - t->field_start) - t->above_start < t->above_length
            ? h->ring[(t->above_field + (h->n - t->field_start)) & h->mask]
            : 0;
    context_set_hash(cs, i++, join(join(begun, t->word[1]), t->word[2]));
    context_set_hash(cs, i++, join(begun, t->word[2]));
    context_set_hash(cs, i++, join(join(t->word[1], c1), t->word[0] ? t->word_length : 0));
    context_set_hash(cs, i++, join(t->shape, t->word[0]));
    context_set_hash(cs, i++, join(t->shape, c1));
    context_set_hash(cs, i++, join(t->shape & 0xffff, join(above, column < 255 ? column : 255)));
    context_set_hash(cs, i++, join(begun, t->indent));
    context_set_hash(cs, i++, join(join(begun, open), open_at));
    context_set_hash(cs, i++, join(join(open, open_at), join(c1, history_byte(h, 2))));
    context_set_hash(cs, i++, join(above_in_field, join(t->field_hash, 1)));
    context_set_hash(cs, i++, join(above, history_last(h, 2)));
    context_set_hash(cs, i++, join(column, t->line_hash));
    context_set_hash(cs, i++, join(t->number, join(t->gap, t->word[1])));
    context_set_hash(cs, i++, join(t->indent, join(t->first_word, c1)));
}

static void predict(void *shared, void *stream, const struct cm_history *h,
                    struct mixer_inputs *inputs)
{
    const struct context_set *set = shared;
    struct text_stream *s = stream;
    const struct text_state *t = &s->text;
    context_set_predict(shared, &s->contexts, h, inputs);
    inputs_select(inputs, (t->word_length < 15 ? t->word_length : 15) * 16 + (t->shape & 15));
    if (set->n == N_QUICK)
        return;
    inputs_select(inputs, text_above(t, h));
    inputs_select(inputs, (t->shape & 15) * 16 + (t->shape >> 4 & 15));
}

static void update(void *shared, void *stream, const struct cm_history *h, int bit)
{
    struct text_stream *s = stream;
    context_set_update(shared, &s->contexts, h, bit);
}

static void prefetch(void *shared, void *stream, const struct cm_history *history)
{
    struct text_stream *s = stream;
    context_set_prefetch(shared, &s->contexts, history);
}

const struct component_ops text_model_ops = {"text",
                                             lay_out,
                                             next_byte,
                                             predict,
                                             update,
                                             prefetch,
                                             CONTENT_WORDS | CONTENT_BIT(CONTENT_DEFAULT) |
                                                 CONTENT_BIT(CONTENT_RECORDS)};
