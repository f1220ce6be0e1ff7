/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 11.
 */
#include "contexts.h"
#include "guess.h"
#include "squares.h"

enum { N_KINDS_MAX = 2, N_SIMPLE = 14, N_ERRORS = 1 << 19 };

struct image {
    struct context_set *contexts; /* NULL if quick */
    unsigned n_kinds, n_simple;
    struct squares *squares[N_KINDS_MAX][4];
    float mean_error[N_KINDS_MAX][4][16];
    uint8_t error[N_ERRORS];
    uint32_t shape[N_KINDS_MAX][16][8][24];
    uint32_t table[N_KINDS_MAX + N_SIMPLE][256][4][256];
    /* The present byte's */
    unsigned plane, E;
    float base, guess[N_KINDS_MAX];
    struct interval interval;
    unsigned whole_guess[N_KINDS_MAX + N_SIMPLE];
    uint32_t *used[2 * N_KINDS_MAX + N_SIMPLE];
};

struct around {
    int w, n, nw, ne, ww, nn, nne, nnw, nww, nee, www, nnn;
    int p, pw, pn, pnw, pne, pww, pnn, q, qw, qn, qnw, qne;
};

static struct around look_around(const struct seen *seen, uint32_t s, uint32_t b)
{
#define AT(d) (int)back(seen, d)
    struct around a = {
        AT(b),         AT(s),         AT(s + b),     AT(s - b),     AT(2 * b),     AT(2 * s),
        AT(2 * s - b), AT(2 * s + b), AT(s + 2 * b), AT(s - 2 * b), AT(3 * b),     AT(3 * s),
        AT(1),         AT(b + 1),     AT(s + 1),     AT(s + b + 1), AT(s - b + 1), AT(2 * b + 1),
        AT(2 * s + 1), AT(2),         AT(b + 2),     AT(s + 2),     AT(s + b + 2), AT(s - b + 2),
    };
#undef AT
    return a;
}

static void fill(float *x, unsigned n_inputs, const struct around *a, uint32_t b)
{
    int w = a->w, pw = a->pw, qw = a->qw;
    int grey[31] = {a->n - w,   a->nw - w,  a->ne - w,  a->ww - w,  a->nn - w, a->nne - w,
                    a->nnw - w, a->nww - w, a->nee - w, a->www - w, a->nnn - w};
    int colour[31] = {a->n - w,    a->p - pw,   a->pn - pw, a->nw - w,   a->ne - w,   a->q - qw,
                      a->pnw - pw, a->ww - w,   a->nn - w,  a->qn - qw,  a->pne - pw, a->qnw - qw,
                      a->pww - pw, a->nne - w,  a->nee - w, a->qne - qw, a->nnw - w,  a->nww - w,
                      a->www - w,  a->pnn - pw, a->nnn - w};
    for (unsigned i = 0; i < n_inputs; i++)
        x[i] = (float)(b == 1 ? grey[i] : colour[i]);
}

static int med(int x, int y, int z)
{
    int low = x < y ? x : y, high = x < y ? y : x;
    return z >= high ? low : z <= low ? high : x + y - z;
}

static void guess_simply(unsigned *guess, const struct around *around)
{
    const struct around a = *around;
    int g[N_SIMPLE] = {
        med(a.w, a.n, a.nw),
        a.w + a.p - a.pw,
        a.n + a.p - a.pn,
        med(a.w + a.p - a.pw, a.n + a.p - a.pn, a.nw + a.p - a.pnw),
        (a.w + a.ne) / 2 + (a.n - a.nne) / 2,
        a.w,
        a.n,
        a.w + a.n - a.nw + a.p - a.pw - a.pn + a.pnw,
        (a.w + a.n + 1) / 2 + a.p - (a.pw + a.pn + 1) / 2,
        a.w + a.q - a.qw,
        a.n + a.q - a.qn,
        2 * a.w - a.ww,
        2 * a.n - a.nn,
        a.ne + a.n - a.nne,
    };
    for (int i = 0; i < N_SIMPLE; i++)
        guess[i] = g[i] < 0 ? 0 : g[i] > 255 ? 255 : (unsigned)g[i];
}

static unsigned energy(const struct image *m, const struct seen *seen, uint32_t s, uint32_t b)
{
    static const unsigned bounds[15] = {2,  5,  8,  12,  17,  23,  30, 39,
                                        50, 64, 82, 105, 140, 190, 280};
#define ERR(d) m->error[(seen->n - (d)) % N_ERRORS]
    unsigned sum = 2u * ERR(b) + 2u * ERR(s) + ERR(s + b) + ERR(s - b) + ERR(2 * b) + ERR(2 * s);
    if (b > 1)
        sum += 3u * ERR(1);
#undef ERR
    unsigned E = 0;
    while (E < 15 && sum > bounds[E])
        E++;
    return E;
}

static void learn_byte(struct image *m, const struct seen *seen)
{
    float v = (float)back(seen, 1);
    for (unsigned k = 0; k < m->n_kinds; k++) {
        float e = v > m->guess[k] ? v - m->guess[k] : m->guess[k] - v;
        float *mean = &m->mean_error[k][m->plane][m->E];
        *mean += (e - *mean) * 0.01f;
        if (k == 0)
            m->error[(seen->n - 1) % N_ERRORS] = (uint8_t)e;
        squares_learn(m->squares[k][m->plane], v - m->base);
    }
}

static void give_contexts(struct image *m, const struct around *a)
{
    const unsigned *g = m->whole_guess + m->n_kinds;
    uint64_t plane = (uint64_t)m->plane << 40, y = m->whole_guess[0];
    uint64_t w = (uint64_t)a->w, n = (uint64_t)a->n, p = (uint64_t)a->p;
    uint64_t nw = (uint64_t)a->nw, ne = (uint64_t)a->ne;
    context(m->contexts, plane | w << 8 | p);
    context(m->contexts, plane | n << 8 | p);
    context(m->contexts, plane | w << 8 | n);
    context(m->contexts, plane | g[0] << 8 | p);
    context(m->contexts, plane | g[1] << 8 | g[2]);
    context(m->contexts, plane | w / 4 << 24 | n / 4 << 16 | nw / 4 << 8 | ne / 4);
    context(m->contexts, plane | p << 8 | (uint64_t)a->q);
    context(m->contexts, plane | g[3] << 8 | p / 8);
    context(m->contexts, plane | y << 8 | g[3] / 4);
    context(m->contexts, plane | y << 8 | p / 4);
    context(m->contexts, plane | y << 16 | w / 8 << 8 | n / 8);
    context(m->contexts, plane | g[4] << 8 | y / 4);
}

static void byte(void *state, const struct seen *seen)
{
    struct image *m = state;
    uint32_t b = seen->type == 6 ? 3 : seen->type == 10 ? 4 : 1, s = seen->stride;
    if (seen->n != seen->start)
        learn_byte(m, seen);
    struct around a = look_around(seen, s, b);
    m->plane = (seen->n - seen->start + s - seen->offset) % s % b;
    m->E = energy(m, seen, s, b);
    m->base = (float)a.w;
    for (unsigned k = 0; k < m->n_kinds; k++) {
        struct squares *squares = m->squares[k][m->plane];
        fill(squares->x, squares->n, &a, b);
        m->guess[k] = bounded(m->base + squares_predict(squares), 0.0f, 255.0f);
        m->whole_guess[k] = (unsigned)(m->guess[k] + 0.5f);
    }
    guess_simply(m->whole_guess + m->n_kinds, &a);
    m->interval = (struct interval){256, 0, 256};
    if (m->contexts != NULL)
        give_contexts(m, &a);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct image *m = state;
    unsigned n_used = 0;
    for (unsigned k = 0; k < m->n_kinds; k++) {
        float scale = 0.6f * m->mean_error[k][m->plane][m->E] + 0.15f;
        float B = guess_bit(&m->interval, m->guess[k], scale);
        m->used[n_used++] = &m->shape[k][m->E][seen->i][bucket_of(B)];
        give(given, B);
    }
    for (unsigned k = 0; k < m->n_kinds + m->n_simple; k++)
        m->used[n_used++] = &m->table[k][m->whole_guess[k]][m->plane][seen->partial];
    for (unsigned k = 0; k < n_used; k++)
        give(given, counter_S(*m->used[k]));
    if (m->contexts != NULL)
        contexts_predict(m->contexts, seen, given);
    give_selector(given, m->E * 8 + seen->i);
    give_selector(given, m->plane * 256 + seen->partial);
    give_selector(given, m->whole_guess[0]);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct image *m = state;
    interval_learn(&m->interval, bit);
    for (unsigned k = 0; k < 2 * m->n_kinds + m->n_simple; k++)
        counter_learn(m->used[k], bit, k < m->n_kinds ? 1000 : 255);
    if (m->contexts != NULL)
        contexts_learn(m->contexts, seen, bit);
}

static void make_kind(struct image *m, unsigned k, bool strong)
{
    for (unsigned plane = 0; plane < 4; plane++) {
        m->squares[k][plane] =
            make_squares(strong && k == 0 ? 31 : 15, k == 0 ? 0.999f : 0.98f, 8.0f, strong ? 2 : 8);
        for (unsigned E = 0; E < 16; E++)
            m->mean_error[k][plane][E] = 1.0f + (float)E;
    }
    for (unsigned i = 0; i < 16 * 8 * 24; i++)
        m->shape[k][i / 192][i / 24 % 8][i % 24] = bucket_start(i % 24);
}

struct component make_image(struct setup *setup)
{
    struct image *m = zeros(sizeof *m);
    struct component c = {m, byte, predict, learn, 0, 3, {128, 1024, 256}, 0, NULL};
    m->n_kinds = setup->strong ? 2 : 1;
    m->n_simple = setup->strong ? 14 : 6;
    c.n_inputs = 2 * m->n_kinds + m->n_kinds + m->n_simple;
    if (setup->strong)
        m->contexts = make_contexts(setup, &c, 12);
    for (unsigned k = 0; k < m->n_kinds; k++)
        make_kind(m, k, setup->strong);
    for (unsigned k = 0; k < m->n_kinds + m->n_simple; k++)
        for (unsigned i = 0; i < 256 * 4 * 256; i++)
            m->table[k][i >> 10][i >> 8 & 3][i & 255] = counter(32768, 0);
    return c;
}
