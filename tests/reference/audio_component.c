/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 12.
 */
#include <string.h>

#include "contexts.h"
#include "guess.h"
#include "squares.h"

enum { N_SQUARES = 2, N_FILTERS = 3, N_GUESSES = N_SQUARES + N_FILTERS };

struct filter {
    unsigned taps;
    float rate, t[256], weights[256];
};

struct channel {
    struct squares *squares[N_SQUARES];
    struct filter filter[N_FILTERS];
    float fast[N_GUESSES], slow[N_GUESSES], mean_error[N_GUESSES][40];
    unsigned level[N_GUESSES];
};

struct audio {
    struct context_set *contexts;
    struct channel channels[8], *channel;
    unsigned own[N_SQUARES], other[N_SQUARES];
    uint32_t shape[N_GUESSES][40][16][24];
    /* The present sample's and byte's */
    bool is_open;
    unsigned low; /* 1: the byte is the low one */
    float base, guess[N_GUESSES], part[N_FILTERS];
    struct interval interval;
    uint32_t *used[N_GUESSES];
};

static int smp(const struct seen *seen, uint32_t d)
{
    return (int)(back(seen, d) << 8 | back(seen, d - 1)) - 32768;
}

static void fill(float *x, unsigned own, unsigned other, const struct seen *seen)
{
    uint32_t s = seen->stride;
    for (uint32_t j = 0; j < own; j++)
        x[j] = (float)(smp(seen, s * (j + 1)) - smp(seen, s * (j + 2)));
    for (uint32_t j = 0; j < other && s != 2; j++)
        x[own + j] = (float)(smp(seen, 2 + s * j) - smp(seen, 2 + s * (j + 1)));
}

static unsigned level_of(float a)
{
    unsigned level = 0;
    float bound = 0.5f;
    while (a > bound && level < 38) {
        level += 2;
        bound *= 2.0f;
    }
    return level + (level > 0 && a > bound * 0.7071f);
}

static void guess_sample(struct audio *m, const struct seen *seen)
{
    struct channel *c = m->channel;
    m->base = (float)smp(seen, seen->stride);
    for (int k = 0; k < N_SQUARES; k++) {
        fill(c->squares[k]->x, m->own[k], m->other[k], seen);
        m->guess[k] = bounded(m->base + squares_predict(c->squares[k]), -32768.0f, 32767.0f);
    }
    float total = m->guess[0];
    for (int f = 0; f < N_FILTERS; f++) {
        const struct filter *filter = &c->filter[f];
        m->part[f] = bounded(dot(filter->t, filter->weights, filter->taps), -65536.0f, 65536.0f);
        total += m->part[f];
        m->guess[N_SQUARES + f] = bounded(total, -32768.0f, 32767.0f);
    }
    for (int k = 0; k < N_GUESSES; k++)
        c->level[k] = level_of(0.5f * (c->fast[k] + c->slow[k]));
    m->interval = (struct interval){65536, 0, 65536};
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
    float value = (float)smp(seen, 2);
    for (int k = 0; k < N_GUESSES; k++) {
        float e = value > m->guess[k] ? value - m->guess[k] : m->guess[k] - value;
        float *mean = &c->mean_error[k][c->level[k]];
        c->fast[k] += (e - c->fast[k]) * 0.06f;
        c->slow[k] += (e - c->slow[k]) * 0.008f;
        *mean += (e - *mean) * 0.004f;
    }
    for (int k = 0; k < N_SQUARES; k++)
        squares_learn(c->squares[k], value - m->base);
    float rest = value - m->guess[0];
    for (int f = 0; f < N_FILTERS; f++) {
        filter_learn(&c->filter[f], m->part[f], rest);
        rest -= m->part[f];
    }
}

static void give_contexts(struct audio *m, const struct seen *seen)
{
    uint64_t y = (uint64_t)(m->guess[4] + 32768.5f);
    uint64_t channel = (uint64_t)(m->channel - m->channels);
    uint64_t salt = (2 * channel + m->low) << 59, h = m->low ? (last(seen, 1) + 1) << 16 : 0;
    context(m->contexts, salt | h | y >> (m->low ? 4 : 6));
    context(m->contexts, salt | h | y >> (m->low ? 2 : 4));
    context(m->contexts, salt | h | back(seen, seen->stride) << 8 | y >> 8);
    context(m->contexts, salt | h | back(seen, 2) << 8);
    context(m->contexts, salt | h >> 16);
    context(m->contexts, salt | last(seen, 3) << 24 | 1);
}

static void byte(void *state, const struct seen *seen)
{
    struct audio *m = state;
    uint32_t s = seen->stride, c = (seen->n - seen->start + s - seen->offset) % s;
    m->low = c % 2;
    if (seen->n == seen->start)
        m->is_open = false;
    if (!m->low || !m->is_open) {
        if (m->is_open)
            learn_sample(m, seen);
        m->is_open = !m->low;
        m->channel = &m->channels[c / 2];
        guess_sample(m, seen);
    }
    give_contexts(m, seen);
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct audio *m = state;
    const struct channel *c = m->channel;
    unsigned i = m->low * 8 + seen->i;
    for (int k = 0; k < N_GUESSES; k++) {
        float scale = 0.55f * c->mean_error[k][c->level[k]] + 0.1f;
        float B = guess_bit(&m->interval, m->guess[k] + 32768.0f, scale);
        m->used[k] = &m->shape[k][c->level[k]][i][bucket_of(B)];
        give(given, B);
    }
    for (int k = 0; k < N_GUESSES; k++)
        give(given, counter_S(*m->used[k]));
    contexts_predict(m->contexts, seen, given);
    give_selector(given, c->level[N_GUESSES - 1] * 16 + i);
    give_selector(given, m->low * 256 + seen->partial);
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
        for (unsigned v = 0; v < 40; v++)
            c->mean_error[k][v] = (float)(2 + v % 2) * (float)(1u << v / 2) * 0.125f;
}

struct component make_audio(struct setup *setup)
{
    struct audio *m = zeros(sizeof *m);
    struct component c = {m, byte, predict, learn, 2 * N_GUESSES, 3, {640, 512, 320}, 0, NULL};
    m->other[0] = setup->strong ? 10 : 4;
    m->own[0] = setup->strong ? 21 : 11;
    m->other[1] = 4;
    m->own[1] = 11;
    for (int i = 0; i < 8; i++)
        make_channel(&m->channels[i], setup->strong);
    for (unsigned i = 0; i < N_GUESSES * 40 * 16 * 24; i++)
        m->shape[i / 15360][i / 384 % 40][i / 24 % 16][i % 24] = bucket_start(i % 24);
    m->contexts = make_contexts(setup, &c, 6);
    return c;
}
