/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 16.
 */
#include <stdio.h>
#include <string.h>

#include "contexts.h"

struct number {
    int64_t v;
    unsigned w, f;
    bool negative, padded;
};

enum { SAME, LINE, RECORD, NEXT, PAIR, PLANE, N_GUESSES };

struct numbers {
    bool strong;
    struct context_set *contexts;
    struct {
        struct number past[3];
        int64_t largest;
    } places[4096];
    uint32_t depth, index[32], bracket[32];
    uint64_t sum, word, label;
    bool in, behind, minus;
    uint32_t fields, at, place, group, before;
    struct number now, last[4];
    struct guess {
        char text[32];
        uint32_t n, miss, missed;
    } guess[N_GUESSES];
};

static uint64_t add(uint64_t h, uint64_t v)
{
    return (h + v + 1) * K0 ^ h >> 31;
}

static bool is_digit(unsigned c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(unsigned c, const char *set)
{
    return c != 0 && strchr(set, (int)c) != NULL;
}

static int64_t scaled(struct number x, unsigned F)
{
    const int64_t most = (int64_t)1 << 58;
    for (unsigned f = x.f; f < F; f++)
        if (x.v < most && x.v > -most)
            x.v *= 10;
    return x.v;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void write(struct guess *g, int64_t value, unsigned F, unsigned least_digits)
{
    char digits[32];
    long long absolute = value < 0 ? -value : value;
    int n =
        snprintf(digits, sizeof digits, "%0*lld", F > 0 ? (int)F + 1 : (int)least_digits, absolute);
    g->n = (uint32_t)snprintf(g->text, sizeof g->text, "%s%.*s%s%s", value < 0 ? "-" : "",
                              n - (int)F, digits, F > 0 ? "." : "", digits + n - (int)F);
    g->miss = 0;
}

static void write_line(struct guess *g, struct number x, struct number y, unsigned least_digits)
{
    unsigned F = larger(x.f, y.f);
    write(g, 2 * scaled(x, F) - scaled(y, F), F, least_digits);
}

static void guess(struct numbers *m)
{
    uint64_t h;
    if (m->depth > 0 && m->bracket[m->depth] == '{')
        h = add(add(m->depth, 1000), m->label);
    else
        h = add(add(m->depth, least(m->index[m->depth], m->depth > 0 ? 31 : 255)), 5);
    if (m->fields != 0)
        h = add(h, m->fields);
    m->place = h >> 40 & 0xfff;
    m->group = (m->depth == 0 ? h : add(77, m->label)) >> 40 & 0xfff;
    m->at = 0;
    const struct number *A = m->places[m->place].past, B = m->places[m->before].past[1];
    unsigned W = A[0].padded ? A[0].w : 1, F = larger(larger(A[0].f, m->last[0].f), B.f);
    write(&m->guess[SAME], A[0].v, A[0].f, W);
    write_line(&m->guess[LINE], A[0], A[1], W);
    write(&m->guess[RECORD], m->places[m->group].largest + 1, 0, 1);
    write(&m->guess[NEXT], m->last[0].v + 1, m->last[0].f, 1);
    write_line(&m->guess[PAIR], m->last[1], m->last[3], 1);
    write(&m->guess[PLANE], scaled(A[0], F) + scaled(m->last[0], F) - scaled(B, F), F, W);
}

static void take_digit(struct numbers *m, unsigned c)
{
    if (!m->in)
        m->now = (struct number){0, 0, 0, m->minus, c == '0'};
    m->in = true;
    if (m->now.w + m->now.f >= 17)
        return;
    m->now.v = 10 * m->now.v + (int64_t)(c - '0');
    *(m->behind ? &m->now.f : &m->now.w) += 1;
}

static void end(struct numbers *m)
{
    if (m->now.negative)
        m->now.v = -m->now.v;
    if (m->now.w < 2)
        m->now.padded = false;
    struct number *past = m->places[m->place].past;
    memmove(past + 1, past, 2 * sizeof *past);
    past[0] = m->now;
    if (m->now.f == 0 && m->now.v > m->places[m->group].largest)
        m->places[m->group].largest = m->now.v;
    memmove(m->last + 1, m->last, 3 * sizeof *m->last);
    m->last[0] = m->now;
    m->before = m->place;
    m->in = m->behind = false;
    m->fields++;
}

static void separate(struct numbers *m, unsigned c)
{
    if (m->sum != 0)
        m->word = m->sum;
    m->sum = 0;
    if (is_one_of(c, " \t,;|")) {
        m->index[m->depth]++;
        m->fields = 0;
    } else if (is_one_of(c, "[{(")) {
        m->depth = m->depth + 1 < 31 ? m->depth + 1 : 31;
        m->index[m->depth] = 0;
        m->bracket[m->depth] = c;
        m->fields = 0;
    } else if (is_one_of(c, "]})")) {
        if (m->depth != 0)
            m->depth--;
        m->fields = 0;
    } else if (c == '\n' && m->depth == 0) {
        m->index[0] = m->fields = 0;
    } else if (c == ':') {
        m->label = m->word;
    }
}

static unsigned text_at(const struct guess *g, uint32_t j)
{
    return j < g->n ? (unsigned char)g->text[j] : 0;
}

static void compare(struct numbers *m, unsigned c)
{
    for (int k = 0; k < N_GUESSES; k++) {
        struct guess *g = &m->guess[k];
        unsigned e = text_at(g, m->at);
        if (g->miss != 0 || e == c)
            continue;
        g->missed = m->at;
        g->miss = !is_digit(c)   ? 5
                  : !is_digit(e) ? 6
                  : c == e + 1   ? 1
                  : c == e - 1   ? 2
                  : c < e        ? 3
                                 : 4;
    }
    m->at++;
}

static void take(struct numbers *m, unsigned c)
{
    bool ended = false;
    if (is_digit(c)) {
        take_digit(m, c);
    } else if (c == '.' && m->in && !m->behind) {
        m->behind = true;
    } else if (m->in) {
        end(m);
        ended = true;
    }
    if (is_one_of(c, "\n\r\t ,;:|[]{}()<>\"'=/")) {
        ended = true;
        separate(m, c);
    } else {
        m->sum = add(m->sum, c);
    }
    m->minus = c == '-' && !ended;
    if (ended)
        guess(m);
    else
        compare(m, c);
}

static uint64_t code(const struct numbers *m, int k)
{
    const struct guess *g = &m->guess[k];
    uint64_t x = text_at(g, m->at), y = text_at(g, m->at + 1);
    uint64_t left = m->at > g->n ? 0 : least(g->n - m->at + 1, 15);
    uint64_t Y = is_digit((unsigned)y) ? 2 + (y - '0') / 3 : y == '.' ? 1 : 0;
    if (g->miss == 0)
        return 1u << 20 | x << 12 | Y << 8 | left << 4 | (m->at == 0 ? 1 : 0);
    return (uint64_t)g->miss << 8 | least(m->at - g->missed - 1, 3) << 5 | (x >= '5' ? 16u : 0u) |
           left;
}

static uint64_t size(int64_t d)
{
    uint64_t u = (uint64_t)(d < 0 ? -d : d), s = 0;
    while (u >= 4) {
        u = u >> 1;
        s += 2;
    }
    return (s + u) << 1 | (d < 0 ? 1 : 0);
}

static uint64_t size_of_D(struct number x, struct number y)
{
    unsigned F = larger(x.f, y.f);
    return size(scaled(x, F) - scaled(y, F));
}

static void byte(void *state, const struct seen *seen)
{
    struct numbers *m = state;
    if (seen->n != 0)
        take(m, back(seen, 1));
    const struct number *A = m->places[m->place].past;
    uint64_t p = m->in ? add(4 | (m->behind ? 2 : 0), m->now.w << 8 | m->now.f) : back(seen, 1);
    context(m->contexts, add(code(m, SAME), m->place));
    context(m->contexts, add(code(m, LINE), m->place));
    context(m->contexts, add(code(m, RECORD), code(m, NEXT)));
    context(m->contexts, add(code(m, PAIR), back(seen, 1)));
    context(m->contexts,
            add(add(p, m->place), (A[0].negative ? 1u << 10 : 0u) | A[0].w << 5 | A[0].f));
    context(m->contexts, add(code(m, LINE), code(m, SAME)));
    context(m->contexts, add(code(m, PLANE), m->place));
    context(m->contexts, add(add(code(m, SAME), size_of_D(A[0], A[1])), size_of_D(A[1], A[2])));
    context(m->contexts, add(code(m, PAIR), size_of_D(m->last[1], m->last[3])));
    context(m->contexts, add(add(m->sum, m->label), 12));
    context(m->contexts, add(add(code(m, NEXT), m->place), 13));
}

static unsigned q(const struct numbers *m, int k, const struct seen *seen)
{
    const struct guess *g = &m->guess[k];
    unsigned x = m->at >= g->n ? ',' : text_at(g, m->at);
    if (g->miss != 0 || (0x100 | x) >> (8 - seen->i) != seen->partial)
        return 0;
    return (2 + (x >> (7 - seen->i) & 1)) * 4 + (m->at < 2 ? m->at : m->at < 4 ? 2 : 3);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct numbers *m = state;
    uint32_t w = m->in ? (uint32_t)least(m->now.w, 7) : 0;
    uint32_t f = m->behind ? 1 + (uint32_t)least(m->now.f, 6) : 0;
    contexts_predict(m->contexts, seen, given);
    give_selector(given, q(m, LINE, seen) * 8 + seen->i);
    give_selector(given, q(m, SAME, seen) * 8 + seen->i);
    give_selector(given, (w * 8 + f) * 8 + seen->i);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct numbers *)state)->contexts, seen, bit);
}

struct component make_numbers(struct setup *setup)
{
    struct numbers *m = zeros(sizeof *m);
    struct component c = {m, byte, predict, learn, 0, 3, {128, 128, 512}, 0, NULL};
    m->strong = setup->strong;
    m->contexts = make_contexts(setup, &c, setup->strong ? 11 : 5);
    own(setup, &m->depth, sizeof *m - offsetof(struct numbers, depth));
    return c;
}
