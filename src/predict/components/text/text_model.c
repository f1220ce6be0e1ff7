/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts of words, lines, fields and brackets: the structure of prose, code, logs and tables.
 */
#include "predict/components.h"
#include "predict/components/text/text_state.h"
#include "predict/context_set.h"

enum { N_QUICK = 3, N_STRONG = 19, AFTER_WORD_LOG2 = 16, WORD_SETS_LOG2 = 11 };

struct text_shared {
    struct context_set set;
    uint32_t *after_word;  /* [1 << AFTER_WORD_LOG2]: the word that last followed a word */
    uint32_t *after_words; /* [after_words_mask + 1]: ... two words */
    uint32_t after_words_mask;
};

struct text_stream {
    struct context_set_stream contexts;
    struct text_state text;
};

static void lay_out_followers(struct text_shared *shared, struct input_setup *setup)
{
    size_t n_after_words = (size_t)1 << (setup->config->memory_log2 - 9);
    uint32_t *after_word = arena_take(setup->arena, sizeof *after_word << AFTER_WORD_LOG2);
    uint32_t *after_words = arena_take(setup->arena, sizeof *after_words * n_after_words);
    if (shared == NULL)
        return;
    shared->after_word = after_word;
    shared->after_words = after_words;
    shared->after_words_mask = (uint32_t)(n_after_words - 1);
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct text_shared *shared = self->shared = arena_take(setup->arena, sizeof *shared);
    bool placed = component_take_streams(setup, self, sizeof(struct text_stream));
    bool strong = setup->config->strength == CONTEXT_STRONG;
    context_set_lay_out(shared != NULL ? &shared->set : NULL, setup, strong ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, 16 * 16);
    if (strong) {
        shape_add_selector(&setup->shape, 256);
        shape_add_selector(&setup->shape, 256);
        shape_add_selector(&setup->shape, 1 << WORD_SETS_LOG2);
        lay_out_followers(shared, setup);
    }
    for (unsigned i = 0; placed && i < context_n_streams(setup->config); i++)
        text_state_init(&((struct text_stream *)component_stream(self, i))->text);
}

static uint32_t *after_word(const struct text_shared *shared, const uint32_t *word)
{
    return &shared->after_word[word[0] & ((1u << AFTER_WORD_LOG2) - 1)];
}

/* word[0] follows word[1]. */
static uint32_t *after_words(const struct text_shared *shared, const uint32_t *word)
{
    return &shared->after_words[(word[0] ^ word[1] * 3) & shared->after_words_mask];
}

static void learn_follower(const struct text_shared *shared, const struct text_state *t)
{
    *after_word(shared, &t->word[2]) = t->word[1];
    *after_words(shared, &t->word[2]) = t->word[1];
}

static uint64_t join(uint64_t a, uint64_t b)
{
    return a * UINT64_C(0xd6e8feb86659fd93) + b;
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    const struct text_shared *m = shared;
    struct text_stream *s = stream;
    struct text_state *t = &s->text;
    bool in_word = t->word[0] != 0;
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
    if (m->set.n == N_QUICK)
        return;
    if (in_word && t->word[0] == 0)
        learn_follower(m, t);
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
    context_set_hash(cs, i++, join(begun, *after_word(m, &t->word[1])));
    context_set_hash(cs, i++, join(join(*after_words(m, &t->word[1]), begun), 1));
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct text_shared *m = shared;
    struct text_stream *s = stream;
    const struct text_state *t = &s->text;
    context_set_predict(&m->set, &s->contexts, h, inputs);
    inputs_select(inputs, (t->word_length < 15 ? t->word_length : 15) * 16 + (t->shape & 15));
    if (m->set.n == N_QUICK)
        return;
    inputs_select(inputs, text_above(t, h));
    inputs_select(inputs, (t->shape & 15) * 16 + (t->shape >> 4 & 15));
    inputs_select(inputs, t->word[0] * 0x9e3779b1u >> (32 - WORD_SETS_LOG2));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct text_shared *m = shared;
    struct text_stream *s = stream;
    context_set_update(&m->set, &s->contexts, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct text_shared *m = shared;
    struct text_stream *s = stream;
    context_set_prefetch(&m->set, &s->contexts, history);
}

const struct component_ops text_model_ops = {"text",
                                             lay_out,
                                             next_byte,
                                             predict,
                                             update,
                                             prefetch,
                                             CONTENT_WORDS | CONTENT_BIT(CONTENT_DEFAULT) |
                                                 CONTENT_BIT(CONTENT_RECORDS) |
                                                 CONTENT_BIT(CONTENT_DATABASE)};
