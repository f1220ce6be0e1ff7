/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/components/text/text_state.h"

enum char_class {
    CLASS_OTHER,
    CLASS_LOWER,
    CLASS_UPPER,
    CLASS_DIGIT,
    CLASS_HIGH, /* beyond ASCII: UTF-8 letters for the most part */
    CLASS_BLANK,
    CLASS_NEWLINE,
    CLASS_QUOTE,
    CLASS_OPEN,
    CLASS_CLOSE,
    CLASS_STOP,
    CLASS_SEPARATOR,
    CLASS_OPERATOR,
};

static enum char_class class_of(unsigned c)
{
    if (c >= 'a' && c <= 'z')
        return CLASS_LOWER;
    if (c >= 'A' && c <= 'Z')
        return CLASS_UPPER;
    if (c >= '0' && c <= '9')
        return CLASS_DIGIT;
    if (c >= 128)
        return CLASS_HIGH;
    switch (c) {
    case ' ':
    case '\t':
        return CLASS_BLANK;
    case '\n':
    case '\r':
        return CLASS_NEWLINE;
    case '"':
    case '\'':
    case '`':
        return CLASS_QUOTE;
    case '(':
    case '[':
    case '{':
    case '<':
        return CLASS_OPEN;
    case ')':
    case ']':
    case '}':
    case '>':
        return CLASS_CLOSE;
    case '.':
    case '!':
    case '?':
        return CLASS_STOP;
    case ',':
    case ';':
    case ':':
    case '|':
        return CLASS_SEPARATOR;
    case '+':
    case '-':
    case '*':
    case '/':
    case '=':
    case '&':
    case '%':
        return CLASS_OPERATOR;
    default:
        return CLASS_OTHER;
    }
}

static uint32_t hash_add(uint32_t hash, uint32_t value)
{
    uint32_t h = (hash + value + 1) * 0x9e3779b1u;
    return h ^ h >> 15;
}

void text_state_init(struct text_state *text)
{
    *text = (struct text_state){.in_indent = true};
}

static void update_words(struct text_state *t, unsigned c, enum char_class k)
{
    if (k == CLASS_LOWER || k == CLASS_UPPER || k == CLASS_HIGH || (c == '_' && t->word[0] != 0)) {
        t->word[0] = hash_add(t->word[0], k == CLASS_UPPER ? c + 32 : c);
        t->word_length++;
        t->number = 0;
        return;
    }
    if (t->word[0] != 0) {
        for (int i = TEXT_WORDS - 1; i > 0; i--)
            t->word[i] = t->word[i - 1];
        if (t->first_word == 0)
            t->first_word = t->word[0];
        if (t->sentence_word == 0)
            t->sentence_word = t->word[0];
        t->word[0] = 0;
        t->word_length = 0;
        t->gap = 0;
    }
    t->gap = hash_add(t->gap, c);
    t->number = k == CLASS_DIGIT ? hash_add(t->number, c) : 0;
    if (k == CLASS_STOP)
        t->sentence_word = 0;
}

static void update_brackets(struct text_state *t, unsigned c, enum char_class k)
{
    if (k == CLASS_OPEN) {
        unsigned i = t->n_brackets < TEXT_BRACKETS_MAX ? t->n_brackets++ : TEXT_BRACKETS_MAX - 1;
        t->bracket[i] = (uint8_t)c;
        t->bracket_at[i] = t->word[0] ? t->word[0] : t->word[1];
    } else if (k == CLASS_CLOSE && t->n_brackets > 0) {
        t->n_brackets--;
    }
}

static void start_line(struct text_state *t, const struct history *h)
{
    t->above_start = t->line_start;
    t->above_length = h->n - t->line_start;
    t->line_start = h->n;
    t->indent = 0;
    t->in_indent = true;
    t->field = 0;
    t->first_word = 0;
    t->line_hash = 0;
    t->above_field = t->above_start;
}

static bool ends_field(unsigned c)
{
    return c == ',' || c == ';' || c == '\t' || c == ' ' || c == '|' || c == ':' || c == '"';
}

/* Finds where the next field begins in the line above, if there is one: after the same
 * separator. */
static void start_field(struct text_state *t, const struct history *h, unsigned c)
{
    uint32_t end = t->above_start + t->above_length;
    t->field++;
    while (t->above_field != end && h->ring[t->above_field & h->mask] != c)
        t->above_field++;
    t->above_field += t->above_field != end;
}

static void update_line(struct text_state *t, const struct history *h, unsigned c)
{
    t->line_hash = hash_add(t->line_hash, c);
    if (c == '\n') {
        start_line(t, h);
    } else if (t->in_indent) {
        if (c == ' ' || c == '\t')
            t->indent += c == ' ' ? 1 : 8;
        else
            t->in_indent = false;
    }
    if (c == '\n' || ends_field(c)) {
        if (c != '\n')
            start_field(t, h, c);
        t->field_start = h->n;
        t->field_hash = 0;
    } else {
        t->field_hash = hash_add(t->field_hash, c);
    }
}

void text_state_next(struct text_state *t, const struct history *h)
{
    unsigned c = history_byte(h, 1);
    enum char_class k = class_of(c);
    update_words(t, c, k);
    update_brackets(t, c, k);
    update_line(t, h, c);
    if ((t->shape & 15) != (uint32_t)k || (k != CLASS_LOWER && k != CLASS_HIGH))
        t->shape = t->shape << 4 | (uint32_t)k;
}
