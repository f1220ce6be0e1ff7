/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 6.
 */
#include <string.h>

#include "contexts.h"

struct text {
    bool strong;
    struct context_set *contexts;
    uint32_t after1[65536], *after2, after2_mask;
    uint32_t word[4], len, number, gap, first;
    unsigned n_open;
    struct {
        uint32_t c, word;
    } open[32];
    uint32_t line, indent, above, above_length, sum, field, field_sum, beside;
    bool blank;
    uint32_t shape;
};

static unsigned class_of(unsigned c)
{
    static const char *const members[] = {" \t",  "\n\r", "\"'`", "([{<",
                                          ")]}>", ".!?",  ",;:|", "+-*/=&%"};
    if (c >= 'a' && c <= 'z')
        return 1;
    if (c >= 'A' && c <= 'Z')
        return 2;
    if (c >= '0' && c <= '9')
        return 3;
    if (c >= 128)
        return 4;
    for (unsigned i = 0; i < 8; i++)
        if (c != 0 && strchr(members[i], (int)c) != NULL)
            return 5 + i;
    return 0;
}

static uint32_t add(uint32_t h, uint32_t v)
{
    uint32_t g = (h + v + 1) * K;
    return g ^ g >> 15;
}

static void take_word(struct text *t, unsigned c, unsigned class)
{
    if (class == 1 || class == 2 || class == 4 || (c == '_' && t->word[0] != 0)) {
        t->word[0] = add(t->word[0], class == 2 ? c + 32 : c);
        t->len++;
        t->number = 0;
        return;
    }
    if (t->word[0] != 0) {
        for (int i = 3; i > 0; i--)
            t->word[i] = t->word[i - 1];
        if (t->first == 0)
            t->first = t->word[1];
        t->word[0] = t->len = t->gap = 0;
    }
    t->gap = add(t->gap, c);
    t->number = class == 3 ? add(t->number, c) : 0;
}

static void take_follower(struct text *t)
{
    t->after1[t->word[2] & 0xffff] = t->word[1];
    t->after2[(t->word[2] ^ t->word[3] * 3) & t->after2_mask] = t->word[1];
}

static void take_bracket(struct text *t, unsigned c, unsigned class)
{
    if (class == 8) {
        unsigned i = t->n_open < 32 ? t->n_open++ : 31;
        t->open[i].c = c;
        t->open[i].word = t->word[0] ? t->word[0] : t->word[1];
    } else if (class == 9 && t->n_open > 0) {
        t->n_open--;
    }
}

static void take_line(struct text *t, const struct seen *seen, unsigned c)
{
    t->sum = add(t->sum, c);
    if (c == '\n') {
        t->above = t->beside = t->line;
        t->above_length = seen->n - t->line;
        t->line = seen->n;
        t->indent = t->first = t->sum = 0;
        t->blank = true;
    } else if (t->blank) {
        t->indent += c == ' ' ? 1 : c == '\t' ? 8 : 0;
        t->blank = c == ' ' || c == '\t';
    }
    if (c == 0 || strchr("\n,;:|\" \t", (int)c) == NULL) {
        t->field_sum = add(t->field_sum, c);
        return;
    }
    uint32_t end = t->above + t->above_length;
    while (c != '\n' && t->beside != end)
        if (ring_at(seen, t->beside++) == c)
            break;
    t->field = seen->n;
    t->field_sum = 0;
}

static unsigned byte_above(const struct text *t, const struct seen *seen)
{
    uint32_t col = seen->n - t->line;
    return col < t->above_length ? ring_at(seen, t->above + col) : 0;
}

static uint64_t J(uint64_t x, uint64_t y)
{
    return x * K1 + y;
}

static void give_contexts(const struct text *t, const struct seen *seen)
{
    struct context_set *set = t->contexts;
    uint64_t l = back(seen, 1), up = byte_above(t, seen), col = seen->n - t->line;
    uint64_t begun = J(t->word[0], t->word[0] == 0 ? t->gap : 0);
    uint64_t open = t->n_open ? t->open[t->n_open - 1].c : 0;
    uint64_t by = t->n_open ? t->open[t->n_open - 1].word : 0;
    uint32_t there = t->beside + (seen->n - t->field);
    uint64_t up2 = there - t->above < t->above_length ? ring_at(seen, there) : 0;
    const uint32_t *word = t->word;
    context(set, J(begun, l));
    context(set, J(begun, word[1]));
    context(set, J(J(up, l), col));
    context(set, J(J(begun, word[1]), word[2]));
    context(set, J(begun, word[2]));
    context(set, J(J(word[1], l), word[0] == 0 ? 0 : t->len));
    context(set, J(t->shape, word[0]));
    context(set, J(t->shape, l));
    context(set, J(t->shape & 0xffff, J(up, col < 255 ? col : 255)));
    context(set, J(begun, t->indent));
    context(set, J(J(begun, open), by));
    context(set, J(J(open, by), J(l, back(seen, 2))));
    context(set, J(up2, J(t->field_sum, 1)));
    context(set, J(up, last(seen, 2)));
    context(set, J(col, t->sum));
    context(set, J(t->number, J(t->gap, word[1])));
    context(set, J(t->indent, J(t->first, l)));
    context(set, J(begun, t->after1[word[1] & 0xffff]));
    context(set, J(J(t->after2[(word[1] ^ word[2] * 3) & t->after2_mask], begun), 1));
}

static void byte(void *state, const struct seen *seen)
{
    struct text *t = state;
    if (seen->n != 0) {
        unsigned c = back(seen, 1), class = class_of(c);
        uint32_t before = t->word[0];
        take_word(t, c, class);
        if (before != 0 && t->word[0] == 0)
            take_follower(t);
        take_bracket(t, c, class);
        take_line(t, seen, c);
        if ((t->shape & 15) != class || (class != 1 && class != 4))
            t->shape = t->shape << 4 | class;
    }
    give_contexts(t, seen);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct text *t = state;
    contexts_predict(t->contexts, seen, given);
    give_selector(given, least(t->len, 15) * 16 + (t->shape & 15));
    if (!t->strong)
        return;
    give_selector(given, byte_above(t, seen));
    give_selector(given, (t->shape & 15) * 16 + (t->shape >> 4 & 15));
    give_selector(given, t->word[0] * K >> 21);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct text *)state)->contexts, seen, bit);
}

struct component make_text(struct setup *setup)
{
    struct text *t = zeros(sizeof *t);
    struct component c = {t, byte, predict, learn, 0, setup->strong ? 4 : 1, {256, 256, 256, 2048},
                          0, NULL};
    t->blank = true;
    t->strong = setup->strong;
    t->contexts = make_contexts(setup, &c, setup->strong ? 19 : 3);
    t->after2_mask = (UINT32_C(1) << (setup->memory + 11)) - 1;
    t->after2 = zeros(sizeof *t->after2 * ((size_t)t->after2_mask + 1));
    own(setup, &t->word, sizeof *t - offsetof(struct text, word));
    return c;
}
