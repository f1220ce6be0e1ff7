/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in text: contexts of the guesses that number_state.h makes, and of the sizes of the numbers
 * in the same place and just before.
 */
#include "predict/components.h"
#include "predict/components/text/add_hash.h"
#include "predict/components/text/number_state.h"
#include "predict/context_set.h"

enum { N_QUICK = 5, N_STRONG = 11 };

struct numbers_shared {
    struct context_set set;
    struct number_place places[NUMBER_PLACES];
};

struct numbers_stream {
    struct context_set_stream contexts;
    struct number_state numbers;
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct numbers_shared *shared = self->shared = arena_take(setup->arena, sizeof *shared);
    bool strong = setup->config->strength == CONTEXT_STRONG;
    component_take_streams(setup, self, sizeof(struct numbers_stream));
    context_set_lay_out(shared != NULL ? &shared->set : NULL, setup, strong ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, 16 * 8);
    shape_add_selector(&setup->shape, 16 * 8);
    shape_add_selector(&setup->shape, 64 * 8);
}

/* Its two top bits and how many follow, and the sign. */
static uint64_t size_of(int64_t value)
{
    uint64_t left = (uint64_t)(value < 0 ? -value : value), size = 0;
    for (; left >= 4; left >>= 1)
        size += 2;
    return (size + left) << 1 | (value < 0);
}

static uint64_t form_of(const struct number *number)
{
    return (uint64_t)number->negative << 10 | (uint64_t)number->n_whole << 5 | number->n_behind;
}

/* Contexts that only strong models have. */
static void hash_more(struct context_set_stream *cs, const struct number_state *s,
                      const struct number *past)
{
    const struct number *last = s->last;
    uint64_t same = number_guess_code(s, GUESS_SAME), plane = number_guess_code(s, GUESS_PLANE);
    uint64_t line = number_guess_code(s, GUESS_LINE), pair = number_guess_code(s, GUESS_PAIR);
    uint64_t next = number_guess_code(s, GUESS_NEXT);
    unsigned i = N_QUICK;
    context_set_hash(cs, i++, add_hash(line, same));
    context_set_hash(cs, i++, add_hash(plane, s->place));
    context_set_hash(cs, i++,
                     add_hash(add_hash(same, size_of(number_difference(&past[0], &past[1]))),
                              size_of(number_difference(&past[1], &past[2]))));
    context_set_hash(cs, i++, add_hash(pair, size_of(number_difference(&last[1], &last[3]))));
    context_set_hash(cs, i++, add_hash(add_hash(s->sum, s->label), 12));
    context_set_hash(cs, i++, add_hash(add_hash(next, s->place), 13));
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct numbers_shared *m = shared;
    struct numbers_stream *part = stream;
    struct context_set_stream *cs = &part->contexts;
    struct number_state *s = &part->numbers;
    unsigned c = history_byte(h, 1), i = 0;
    if (h->n != 0)
        number_state_next(s, m->places, c);
    const struct number *past = m->places[s->place].past;
    uint64_t at = c;
    if (s->in)
        at =
            add_hash(4 | (uint64_t)s->behind << 1, (uint64_t)s->now.n_whole << 8 | s->now.n_behind);
    context_set_hash(cs, i++, add_hash(number_guess_code(s, GUESS_SAME), s->place));
    context_set_hash(cs, i++, add_hash(number_guess_code(s, GUESS_LINE), s->place));
    context_set_hash(
        cs, i++, add_hash(number_guess_code(s, GUESS_RECORD), number_guess_code(s, GUESS_NEXT)));
    context_set_hash(cs, i++, add_hash(number_guess_code(s, GUESS_PAIR), c));
    context_set_hash(cs, i++, add_hash(add_hash(at, s->place), form_of(&past[0])));
    if (m->set.n == N_STRONG)
        hash_more(cs, s, past);
}

/* Whether a guess expects a 0 or a 1, and after how many bytes of it. */
static uint32_t expectation(const struct number_state *s, enum number_guess_kind kind,
                            const struct history *h)
{
    int byte = number_guess_byte(s, kind);
    if (byte < 0 || (0x100u | (unsigned)byte) >> (8 - h->bit) != h->partial)
        return 0;
    uint32_t length = s->n_begun < 2 ? s->n_begun : s->n_begun < 4 ? 2 : 3;
    return (2u + ((unsigned)byte >> (7 - h->bit) & 1)) * 4 + length;
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct numbers_shared *m = shared;
    struct numbers_stream *part = stream;
    const struct number_state *s = &part->numbers;
    context_set_predict(&m->set, &part->contexts, h, inputs);
    uint32_t n_whole = s->now.n_whole < 7 ? s->now.n_whole : 7;
    uint32_t n_behind = s->now.n_behind < 6 ? s->now.n_behind : 6;
    inputs_select(inputs, expectation(s, GUESS_LINE, h) * 8 + h->bit);
    inputs_select(inputs, expectation(s, GUESS_SAME, h) * 8 + h->bit);
    inputs_select(inputs,
                  ((s->in ? n_whole : 0) * 8 + (s->behind ? 1 + n_behind : 0)) * 8 + h->bit);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct numbers_shared *m = shared;
    struct numbers_stream *s = stream;
    context_set_update(&m->set, &s->contexts, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct numbers_shared *m = shared;
    struct numbers_stream *s = stream;
    context_set_prefetch(&m->set, &s->contexts, history);
}

const struct component_ops numbers_model_ops = {
    "numbers", lay_out, next_byte, predict, update, prefetch, CONTENT_BIT(CONTENT_NUMBERS)};
