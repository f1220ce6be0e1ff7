/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 12.
 */
#include <string.h>

#include "contexts.h"
#include "guess.h"
#include "sample_type.h"
#include "squares.h"

enum { N_SQUARES = 2, N_FILTERS = 3, N_GUESSES = N_SQUARES + N_FILTERS, N_LEVELS = 48 };

struct filter {
    unsigned taps;
    float rate, t[256], weights[256];
};

struct channel {
    struct squares *squares[N_SQUARES];
    struct filter filter[N_FILTERS];
    float fast[N_GUESSES], slow[N_GUESSES], mean_error[N_GUESSES][N_LEVELS];
    unsigned level[N_GUESSES];
};

struct audio {
    struct context_set *contexts;
    struct channel channels[8], *channel;
    unsigned own[N_SQUARES], other[N_SQUARES];
    uint32_t shape[N_GUESSES][N_LEVELS][32][24];
    /* The present sample's and byte's */
    bool is_open;
    unsigned bytes, place; /* of a sample; of the byte in it */
    bool is_float;
    float unit, steps; /* u, q */
    uint32_t base_code;
    float base, guess[N_GUESSES], part[N_FILTERS];
    struct interval interval;
    uint32_t *used[N_GUESSES];
};

static void take_type(struct audio *m, unsigned type)
{
    static const float unit[5] = {0, 256.0f, 1.0f, 1.0f / 256.0f, 1.0f / 65536.0f};
    static const float steps[5] = {0, 1.0f / 16.0f, 1.0f, 256.0f, 256.0f};
    m->bytes = audio_bytes(type) > 0 ? audio_bytes(type) : 1; /* other types do not come here */
    m->is_float = audio_is_float(type);
    m->unit = unit[m->bytes];
    m->steps = steps[m->bytes];
}

static float value(const struct audio *m, uint32_t code)
{
    if (!m->is_float)
        return (float)((int64_t)code - ((int64_t)1 << (8 * m->bytes - 1))) * m->unit;
    uint32_t sign = UINT32_C(1) << 31, bits = code >= sign ? code - sign : UINT32_MAX - code;
    uint32_t size = least(bits % sign, UINT32_C(0x47800000));
    float f;
    bits = bits >= sign ? sign + size : size;
    memcpy(&f, &bits, sizeof f);
    return f * 32768.0f;
}

static uint32_t code_at(const struct audio *m, const struct seen *seen, uint32_t d)
{
    uint32_t code = 0;
    for (unsigned k = 0; k < m->bytes; k++)
        code = code * 256 + back(seen, d - k);
    return code;
}

static float smp(const struct audio *m, const struct seen *seen, uint32_t d)
{
    return value(m, code_at(m, seen, d));
}

static float bounded_guess(const struct audio *m, float guess)
{
    float most = m->is_float ? 2147483648.0f : 32768.0f;
    return bounded(guess, -most, m->is_float ? most : most - m->unit);
}

/* y: the guess as a code of 24 bits, or of 16 for samples of that many. */
static uint32_t code_of_guess(const struct audio *m, float guess)
{
    if (m->bytes == 2)
        return (uint32_t)(guess + 32768.5f);
    if (!m->is_float)
        return least((uint32_t)((guess + 32768.0f) * 256.0f), 0xffffff);
    uint32_t bits, sign = UINT32_C(1) << 31;
    guess *= 1.0f / 32768.0f;
    memcpy(&bits, &guess, sizeof bits);
    return (bits >= sign ? UINT32_MAX - bits : bits + sign) >> 8;
}

static void fill(const struct audio *m, float *x, unsigned own, unsigned other,
                 const struct seen *seen)
{
    uint32_t s = seen->stride, b = m->bytes;
    for (uint32_t j = 0; j < own; j++)
        x[j] = smp(m, seen, s * (j + 1)) - smp(m, seen, s * (j + 2));
    for (uint32_t j = 0; j < other && s != b; j++)
        x[own + j] = smp(m, seen, b + s * j) - smp(m, seen, b + s * (j + 1));
}

static unsigned level_of(float a)
{
    unsigned level = 0;
    float bound = 0.5f;
    while (a > bound && level < N_LEVELS - 2) {
        level += 2;
        bound *= 2.0f;
    }
    return level + (level > 0 && a > bound * 0.7071f);
}

static void guess_sample(struct audio *m, const struct seen *seen)
{
    struct channel *c = m->channel;
    m->base_code = code_at(m, seen, seen->stride);
    m->base = value(m, m->base_code);
    for (int k = 0; k < N_SQUARES; k++) {
        fill(m, c->squares[k]->x, m->own[k], m->other[k], seen);
        m->guess[k] = bounded_guess(m, m->base + squares_predict(c->squares[k]));
    }
    float total = m->guess[0];
    for (int f = 0; f < N_FILTERS; f++) {
        const struct filter *filter = &c->filter[f];
        m->part[f] = bounded(dot(filter->t, filter->weights, filter->taps), -65536.0f, 65536.0f);
        total += m->part[f];
        m->guess[N_SQUARES + f] = bounded_guess(m, total);
    }
    for (int k = 0; k < N_GUESSES; k++)
        c->level[k] = level_of(0.5f * (c->fast[k] + c->slow[k]));
    uint64_t range = (uint64_t)1 << (8 * m->bytes);
    m->interval = (struct interval){range, 0, range};
}

static void filter_learn(struct filter *f, float part, float rest)
{
    float taps = (float)f->taps, power = dot(f->t, f->t, f->taps);
    float step = f->rate * 4.0f * (rest - part) / (power / taps + 1.0f) / taps;
    for (unsigned i = 0; i < f->taps; i++)
        f->weights[i] += f->t[i] * step;
    memmove(f->t + 1, f->t, (f->taps - 1) * sizeof *f->t);
    f->t[0] = rest;
}

static void learn_sample(struct audio *m, const struct seen *seen)
{
    struct channel *c = m->channel;
    float sample = smp(m, seen, m->bytes);
    for (int k = 0; k < N_GUESSES; k++) {
        float e = (sample > m->guess[k] ? sample - m->guess[k] : m->guess[k] - sample) * m->steps;
        float *mean = &c->mean_error[k][c->level[k]];
        c->fast[k] += (e - c->fast[k]) * 0.06f;
        c->slow[k] += (e - c->slow[k]) * 0.008f;
        *mean += (e - *mean) * 0.004f;
    }
    for (int k = 0; k < N_SQUARES; k++)
        squares_learn(c->squares[k], sample - m->base);
    float rest = sample - m->guess[0];
    for (int f = 0; f < N_FILTERS; f++) {
        filter_learn(&c->filter[f], m->part[f], rest);
        rest -= m->part[f];
    }
}

static void give_contexts(struct audio *m, const struct seen *seen)
{
    static const unsigned drop[4][2] = {{14, 12}, {12, 10}, {8, 6}, {4, 2}};
    unsigned p = m->place % 4, b = m->bytes, Y = b == 2 ? 16 : 24;
    uint64_t y = code_of_guess(m, m->guess[4]);
    uint64_t salt = ((uint64_t)(m->channel - m->channels) * b + p) << 59;
    uint64_t known = p > 0 ? last(seen, p) + 1 : 0, h = known << Y;
    context(m->contexts, salt | h | y >> (drop[p][0] + Y - 24));
    context(m->contexts, salt | h | y >> (drop[p][1] + Y - 24));
    if (p < 2)
        context(m->contexts, salt | h | back(seen, seen->stride) << 8 | y >> (Y - 8));
    else
        context(m->contexts, salt | last(seen, p) >> (8 * p - 9) | 1 << 30);
    context(m->contexts, salt | h | back(seen, b) << 8);
    context(m->contexts, salt | known);
    context(m->contexts, salt | last(seen, 3) << 24 | 1);
}

static void byte(void *state, const struct seen *seen)
{
    struct audio *m = state;
    uint32_t s = seen->stride, c = (seen->n - seen->start + s - seen->offset) % s;
    if (seen->n == seen->start) {
        take_type(m, seen->type);
        m->is_open = false;
    }
    m->place = c % m->bytes;
    if (m->place == 0 || !m->is_open) {
        if (m->is_open)
            learn_sample(m, seen);
        m->is_open = m->place == 0;
        m->channel = &m->channels[c / m->bytes];
        guess_sample(m, seen);
    }
    give_contexts(m, seen);
}

static float edge(const struct audio *m, uint64_t code)
{
    if (m->is_float)
        return value(m, (uint32_t)code) * m->steps;
    return (float)((int64_t)code - (int64_t)m->base_code) * (m->unit * m->steps);
}

static float bit_of_guess(const struct audio *m, int k, float scale)
{
    const struct interval *in = &m->interval;
    if (m->bytes == 2)
        return guess_bit(in, m->guess[k] + 32768.0f, scale);
    struct edges edges = {edge(m, in->low), edge(m, in->low + in->size / 2),
                          edge(m, in->low + in->size)};
    float at = m->is_float ? m->guess[k] * m->steps
                           : (m->guess[k] - m->base) * m->steps + 0.5f * (m->unit * m->steps);
    return guess_edges(in, edges, at, scale, true);
}

/* j: which bit of the sample it is; of a float, how much it is worth. */
static unsigned bit_number(const struct audio *m, const struct seen *seen)
{
    if (!m->is_float)
        return m->place * 8 + seen->i;
    float width = edge(m, m->interval.low + m->interval.size - 1) - edge(m, m->interval.low);
    float bound = 0.0078125f; /* 2^-7 */
    unsigned j = 0;
    while (width >= bound && j < 31) {
        bound *= 2.0f;
        j++;
    }
    return j;
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct audio *m = state;
    const struct channel *c = m->channel;
    unsigned j = bit_number(m, seen);
    for (int k = 0; k < N_GUESSES; k++) {
        float B = bit_of_guess(m, k, 0.55f * c->mean_error[k][c->level[k]] + 0.1f);
        m->used[k] = &m->shape[k][c->level[k]][j][bucket_of(B)];
        give(given, B);
    }
    for (int k = 0; k < N_GUESSES; k++)
        give(given, counter_S(*m->used[k]));
    contexts_predict(m->contexts, seen, given);
    give_selector(given, c->level[N_GUESSES - 1] * 32 + j);
    give_selector(given, m->place * 256 + seen->partial);
    give_selector(given, c->level[1] * 8 + (uint32_t)(c - m->channels));
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct audio *m = state;
    interval_learn(&m->interval, bit);
    for (int k = 0; k < N_GUESSES; k++)
        counter_learn(m->used[k], bit, 1000);
    contexts_learn(m->contexts, seen, bit);
}

static void make_channel(struct channel *c, bool strong)
{
    static const unsigned taps[N_FILTERS] = {256, 32, 16};
    static const float rate[N_FILTERS] = {0.005f, 0.01f, 0.01f};
    for (int k = 0; k < N_SQUARES; k++)
        c->squares[k] =
            make_squares(strong && k == 0 ? 31 : 15, k == 0 ? 0.998f : 0.98f, 4.0f, strong ? 1 : 8);
    for (int f = 0; f < N_FILTERS; f++) {
        c->filter[f].taps = strong ? taps[f] : 16;
        c->filter[f].rate = rate[f];
    }
    for (int k = 0; k < N_GUESSES; k++)
        for (unsigned v = 0; v < N_LEVELS; v++)
            c->mean_error[k][v] = (float)(2 + v % 2) * (float)(1u << v / 2) * 0.125f;
}

struct component make_audio(struct setup *setup)
{
    struct audio *m = zeros(sizeof *m);
    struct component c = {
        m, byte, predict, learn, 2 * N_GUESSES, 3, {32 * N_LEVELS, 1024, 8 * N_LEVELS}, 0, NULL};
    m->other[0] = setup->strong ? 10 : 4;
    m->own[0] = setup->strong ? 21 : 11;
    m->other[1] = 4;
    m->own[1] = 11;
    for (int i = 0; i < 8; i++)
        make_channel(&m->channels[i], setup->strong);
    for (uint32_t *shape = &m->shape[0][0][0][0], i = 0; i < sizeof m->shape / sizeof *shape; i++)
        shape[i] = bucket_start(i % 24);
    m->contexts = make_contexts(setup, &c, 6);
    return c;
}
