/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 14.
 */
#include "contexts.h"
#include "guess.h"
#include "sample_type.h"
#include "squares.h"

enum { N_KINDS = 3, N_PLANES = 4, N_GUESSES = 5, N_LEVELS = 40, N_ERRORS = 1 << 18 };

/* up, left, back */
typedef const signed char place[3];

static place grey[31] = {
    {1, 0, 0},  {1, 1, 0}, {1, -1, 0}, {0, 2, 0},  {2, 0, 0},  {2, -1, 0}, {2, 1, 0},  {1, 2, 0},
    {1, -2, 0}, {0, 3, 0}, {3, 0, 0},  {2, 2, 0},  {2, -2, 0}, {1, 3, 0},  {1, -3, 0}, {3, 1, 0},
    {3, -1, 0}, {0, 4, 0}, {2, 3, 0},  {2, -3, 0}, {3, 2, 0},  {3, -2, 0}, {4, 0, 0},  {1, 4, 0},
    {1, -4, 0}, {0, 5, 0}, {4, 1, 0},  {4, -1, 0}, {3, 3, 0},  {3, -3, 0}, {0, 6, 0}};
static place colour[31] = {
    {1, 0, 0},  {0, 0, 1}, {1, 0, 1},  {1, 1, 0},  {1, -1, 0}, {0, 0, 2},  {1, 1, 1},  {0, 2, 0},
    {2, 0, 0},  {1, 0, 2}, {1, -1, 1}, {1, 1, 2},  {0, 2, 1},  {2, -1, 0}, {1, -2, 0}, {1, -1, 2},
    {2, 1, 0},  {1, 2, 0}, {0, 3, 0},  {2, 0, 1},  {3, 0, 0},  {0, 2, 2},  {2, 0, 2},  {1, 2, 1},
    {1, -2, 1}, {2, 2, 0}, {2, -2, 0}, {2, -1, 1}, {2, 1, 1},  {0, 3, 1},  {1, 3, 0}};

struct deep {
    struct context_set *contexts;
    struct squares *squares[N_KINDS][N_PLANES];
    float mean_error[N_GUESSES][N_PLANES][N_LEVELS], texture_error[N_PLANES][256];
    uint16_t error[N_ERRORS];
    uint32_t shape[N_GUESSES][N_LEVELS][16][24];
    bool strong;
    /* The present sample's and byte's */
    bool is_open;
    unsigned planes, plane, p;
    uint32_t s, b; /* stride, bytes of a pixel */
    float base, mix, guess[N_GUESSES];
    unsigned level[N_GUESSES], texture;
    struct interval interval;
    uint32_t *used[N_GUESSES];
};

static int smp(const struct seen *seen, uint32_t d)
{
    return (int)(back(seen, d) * 256 + back(seen, d - 1));
}

static int neighbour(const struct deep *m, const struct seen *seen, uint32_t d, place at)
{
    return smp(seen, d + (uint32_t)at[0] * m->s + (uint32_t)at[1] * m->b + (uint32_t)at[2] * 2);
}

/* The inputs of the sample at distance d, 0 for the coming one. */
static void fill(const struct deep *m, struct squares *squares, const struct seen *seen, uint32_t d)
{
    for (unsigned i = 0; i < squares->n; i++) {
        place *at = m->planes == 1 ? &grey[i] : &colour[i];
        int west = smp(seen, d + m->b + 2 * (uint32_t)(*at)[2]);
        squares->x[i] = (float)(neighbour(m, seen, d, *at) - west);
    }
}

static unsigned half_octaves(unsigned a)
{
    unsigned level = 0, bound = 2;
    while (a > bound && level < N_LEVELS - 2) {
        level += 2;
        bound *= 2;
    }
    return level > 0 && a > bound / 4 * 3 ? level + 1 : level;
}

static uint16_t *error_at(struct deep *m, const struct seen *seen, uint32_t d)
{
    return &m->error[(seen->n - d) / 2 % N_ERRORS];
}

static unsigned expected_level(struct deep *m, const struct seen *seen)
{
    uint32_t s = m->s, b = m->b;
#define ERR(d) (unsigned)*error_at(m, seen, d)
    unsigned a = 2 * ERR(b) + 2 * ERR(s) + ERR(s + b) + ERR(s - b) + ERR(2 * b) + ERR(2 * s);
    if (m->planes > 1)
        a += 3 * ERR(2);
#undef ERR
    return half_octaves(a);
}

static unsigned apart(int x, int y)
{
    return (unsigned)(x < y ? y - x : x - y);
}

static unsigned contrast(const struct deep *m, const struct seen *seen)
{
    uint32_t s = m->s, b = m->b;
    int w = smp(seen, b), n = smp(seen, s), nw = smp(seen, s + b), ne = smp(seen, s - b);
    int ww = smp(seen, 2 * b), nn = smp(seen, 2 * s), nne = smp(seen, 2 * s - b);
    return half_octaves(apart(w, ww) + apart(n, nw) + apart(ne, n) + apart(w, nw) + apart(n, nn) +
                        apart(ne, nne));
}

static void guess_by_squares(struct deep *m, const struct seen *seen)
{
    float total = 0.0f, weights = 0.0f;
    for (unsigned k = 0; k < N_KINDS; k++) {
        struct squares *squares = m->squares[k][m->plane];
        uint32_t ahead = m->s - 4 * m->b;
        if (k == 2) {
            fill(m, squares, seen, ahead);
            squares_learn(squares, (float)(smp(seen, ahead) - smp(seen, ahead + m->b)));
        }
        fill(m, squares, seen, 0);
        m->guess[k] = bounded(m->base + squares_predict(squares), 0.0f, 65535.0f);
        float e = m->mean_error[k][m->plane][m->level[k]] + 0.05f;
        float weight = 1.0f / (e * e);
        total += m->guess[k] * weight;
        weights += weight;
    }
    m->mix = total / weights;
}

static float gradient(const struct deep *m, const struct seen *seen)
{
    uint32_t s = m->s, b = m->b;
    int x = smp(seen, b), y = smp(seen, s), z = smp(seen, s + b);
    if (m->planes > 1) {
        x += smp(seen, 2) - smp(seen, b + 2);
        y += smp(seen, 2) - smp(seen, s + 2);
        z += smp(seen, 2) - smp(seen, s + b + 2);
    }
    int low = x < y ? x : y, high = x < y ? y : x;
    return (float)(z >= high ? low : z <= low ? high : x + y - z);
}

static void guess_sample(struct deep *m, const struct seen *seen)
{
    static place around[8] = {{0, 1, 0}, {1, 0, 0}, {1, 1, 0},  {1, -1, 0},
                              {0, 2, 0}, {2, 0, 0}, {2, -1, 0}, {1, -2, 0}};
    m->base = (float)smp(seen, m->b);
    m->level[0] = m->level[1] = m->level[3] = expected_level(m, seen);
    m->level[2] = m->level[4] = contrast(m, seen);
    guess_by_squares(m, seen);
    m->texture = 0;
    for (unsigned i = 0; i < 8; i++)
        m->texture = m->texture << 1 | ((float)neighbour(m, seen, 0, around[i]) > m->mix);
    m->guess[3] = bounded(m->mix + m->texture_error[m->plane][m->texture], 0.0f, 65535.0f);
    m->guess[4] = bounded(gradient(m, seen), 0.0f, 65535.0f);
    m->interval = (struct interval){65536, 0, 65536};
}

static void learn_sample(struct deep *m, const struct seen *seen)
{
    float v = (float)smp(seen, 2), *texture = &m->texture_error[m->plane][m->texture];
    for (unsigned k = 0; k < N_GUESSES; k++) {
        float e = v > m->guess[k] ? v - m->guess[k] : m->guess[k] - v;
        float *mean = &m->mean_error[k][m->plane][m->level[k]];
        *mean += (e - *mean) * 0.015f;
        if (k == 3)
            *error_at(m, seen, 2) = (uint16_t)e;
    }
    *texture += (v - m->mix - *texture) * 0.01f;
    for (unsigned k = 0; k < N_KINDS; k++)
        squares_learn(m->squares[k][m->plane], v - m->base);
}

static void give_contexts(struct deep *m, const struct seen *seen)
{
    uint32_t s = m->s + m->p, b = m->b + m->p;
    uint64_t w = (uint64_t)smp(seen, b), n = (uint64_t)smp(seen, s), y;
    uint64_t nw = (uint64_t)smp(seen, s + m->b), ne = (uint64_t)smp(seen, s - m->b);
    uint64_t p = m->planes > 1 ? (uint64_t)smp(seen, 2 + m->p) : 0;
    uint64_t h = (uint64_t)(m->plane * 2 + m->p) << 59 | (m->p > 0 ? last(seen, 1) + 1 : 0) << 48;
    y = (uint64_t)(m->guess[3] + 0.5f);
    context(m->contexts, h);
    context(m->contexts, h | y << 4 | 1);
    context(m->contexts, h | y >> 3 << 4 | 2);
    context(m->contexts, h | w << 24 | n << 4 | 3);
    context(m->contexts, h | w << 4 | 4);
    context(m->contexts, h | n << 24 | p << 4 | 5);
    if (!m->strong)
        return;
    context(m->contexts, h | y >> 1 << 12 | (uint64_t)m->level[0] << 4 | 6);
    context(m->contexts, (h | w << 24 | n << 4 | 7) * K0 + (nw << 16 | ne));
    context(m->contexts, h | w >> 4 << 28 | n >> 4 << 16 | ne >> 4 << 4 | 8);
    context(m->contexts, h | y >> 2 << 20 | (uint64_t)m->texture << 4 | 9);
    context(m->contexts, h | p << 24 | w << 4 | 10);
    context(m->contexts, h | p << 24 | y << 4 | 11);
}

static void byte(void *state, const struct seen *seen)
{
    struct deep *m = state;
    uint32_t c = (seen->n - seen->start + seen->stride - seen->offset) % seen->stride;
    if (seen->n == seen->start)
        m->is_open = false;
    m->planes = deep_planes(seen->type);
    m->s = seen->stride;
    m->b = 2 * m->planes;
    m->p = c % 2;
    if (m->p == 0 || !m->is_open) {
        if (m->is_open)
            learn_sample(m, seen);
        m->is_open = m->p == 0;
        m->plane = c / 2 % m->planes;
        guess_sample(m, seen);
    }
    give_contexts(m, seen);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct deep *m = state;
    unsigned j = m->p * 8 + seen->i, bucket = 0;
    for (unsigned k = 0; k < N_GUESSES; k++) {
        float scale = 0.55f * m->mean_error[k][m->plane][m->level[k]] + 0.1f;
        float B = guess_bit(&m->interval, m->guess[k], scale);
        m->used[k] = &m->shape[k][m->level[k]][j][bucket_of(B)];
        bucket = k == 3 ? bucket_of(B) : bucket;
        give(given, B);
    }
    for (unsigned k = 0; k < N_GUESSES; k++)
        give(given, counter_S(*m->used[k]));
    contexts_predict(m->contexts, seen, given);
    give_selector(given, m->level[0] * 16 + j);
    give_selector(given, m->level[4] * 16 + j);
    give_selector(given, m->p * 256 + seen->partial);
    give_selector(given, j * 24 + bucket);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct deep *m = state;
    interval_learn(&m->interval, bit);
    for (unsigned k = 0; k < N_GUESSES; k++)
        counter_learn(m->used[k], bit, 1000);
    contexts_learn(m->contexts, seen, bit);
}

struct component make_deep_image(struct setup *setup)
{
    static const unsigned inputs[N_KINDS] = {31, 23, 15};
    static const float fade[N_KINDS] = {0.9995f, 0.98f, 0.94f};
    struct deep *m = zeros(sizeof *m);
    struct component c = {m, byte, predict, learn, 2 * N_GUESSES, 4, {640, 640, 512, 384}, 0, NULL};
    m->strong = setup->strong;
    m->contexts = make_contexts(setup, &c, setup->strong ? 12 : 6);
    for (unsigned plane = 0; plane < N_PLANES; plane++) {
        for (unsigned k = 0; k < N_KINDS; k++)
            m->squares[k][plane] =
                make_squares(setup->strong ? inputs[k] : 15, fade[k], 8.0f, setup->strong ? 2 : 8);
        for (unsigned i = 0; i < N_GUESSES * N_LEVELS; i++) {
            unsigned v = i % N_LEVELS;
            m->mean_error[i / N_LEVELS][plane][v] =
                (float)(2 + v % 2) * (float)(1u << v / 2) * 0.125f;
        }
    }
    for (uint32_t *shape = &m->shape[0][0][0][0], i = 0; i < sizeof m->shape / sizeof *shape; i++)
        shape[i] = bucket_start(i % 24);
    return c;
}
