/* SPDX-License-Identifier: Apache-2.0 */
#include "mixing.h"

static struct weight_set *make_set(bool layered, unsigned n_inputs, unsigned n_selectors,
                                   unsigned lead)
{
    struct weight_set *set = zeros(sizeof *set + n_inputs * sizeof(float));
    for (unsigned i = 0; i < n_inputs; i++) {
        set->weights[i] = lead == 0 ? 4.5f / (float)n_inputs : i + 1 == lead ? 0.9f : 0.01f;
        if (!layered)
            set->weights[i] /= (float)n_selectors;
    }
    return set;
}

struct mixer *make_mixer(bool strong, bool layered, unsigned n_inputs, unsigned n_selectors,
                         const uint32_t *choices, unsigned lead)
{
    struct mixer *m = zeros(sizeof *m);
    float M = (float)n_selectors;
    m->layered = layered;
    m->first = lead ? 0.008f : layered ? 0.015f : (strong ? 0.010f : 0.045f) / M;
    m->end = lead ? 0.0015f : layered ? 0.0007f : (strong ? 0.0007f : 0.003f) / M;
    m->final_rate = lead ? 0.0003f : 0.0015f;
    m->n_inputs = n_inputs;
    m->n_selectors = n_selectors;
    for (unsigned k = 0; k < n_selectors; k++) {
        m->sets[k] = zeros(choices[k] * sizeof *m->sets[k]);
        for (uint32_t value = 0; value < choices[k]; value++)
            m->sets[k][value] = make_set(layered, n_inputs, n_selectors, lead);
    }
    for (unsigned partial = 0; partial < 256; partial++)
        for (unsigned k = 0; k < n_selectors; k++)
            m->final[partial][k] = 1.0f / (float)n_selectors;
    for (int i = 0; i < 962; i++)
        m->T[i] = squash((float)-i * (1.0f / 64.0f));
    return m;
}

void trust_two(struct mixer *m, const uint32_t *choices, unsigned a, unsigned b)
{
    for (unsigned k = 0; k < m->n_selectors; k++)
        for (uint32_t value = 0; value < choices[k]; value++)
            for (unsigned i = 0; i < m->n_inputs; i++)
                m->sets[k][value]->weights[i] = i == a || i == b ? 0.5f : 0.0f;
}

struct mixer *make_end_mixer(unsigned n_inputs, unsigned n_selectors, const uint32_t *choices)
{
    struct mixer *m = make_mixer(true, true, n_inputs, n_selectors, choices, 1);
    m->first = 0.02f;
    m->end = 0.003f;
    m->final_rate = 0.002f;
    return m;
}

/* One layer of sets that are added up. */
static float mix_sum(const struct mixer *m)
{
    float w[512];
    for (unsigned i = 0; i < m->n_inputs; i++) {
        w[i] = 0.0f;
        for (unsigned k = 0; k < m->n_selectors; k++)
            w[i] += m->w[k]->weights[i];
    }
    return dot(m->x, w, m->n_inputs);
}

/* Two layers. */
static float mix_layers(struct mixer *m, unsigned partial)
{
    for (unsigned k = 0; k < m->n_selectors; k++) {
        m->d[k] = bounded(dot(m->x, m->w[k]->weights, m->n_inputs), -15.0f, 15.0f);
        m->p[k] = squash(m->d[k]);
    }
    m->f = m->final[partial];
    return dot(m->d, m->f, m->n_selectors);
}

float mix(struct mixer *m, const struct given *given, unsigned partial)
{
    for (unsigned i = 0; i < m->n_inputs; i++)
        m->x[i] = given->x[i];
    for (unsigned k = 0; k < m->n_selectors; k++)
        m->w[k] = m->sets[k][given->select[k]];
    float X = bounded(m->layered ? mix_layers(m, partial) : mix_sum(m), -15.0f, 15.0f);
    float a = (X < 0.0f ? -X : X) * 64.0f;
    int j = (int)a;
    float small = m->T[j] + (m->T[j + 1] - m->T[j]) * (a - (float)j);
    m->P = X < 0.0f ? small : 1.0f - small;
    return X;
}

static void train(struct weight_set *set, const struct mixer *m, float error)
{
    float s = error * (m->end + (m->first - m->end) * 256.0f / (256.0f + (float)set->age));
    set->age = least(set->age + 1, 1 << 20);
    for (unsigned i = 0; i < m->n_inputs; i++)
        set->weights[i] += m->x[i] * s;
}

void mix_learn(struct mixer *m, int bit, float pace)
{
    float target = (float)bit, s = (target - m->P) * m->final_rate;
    for (unsigned k = 0; k < m->n_selectors && m->layered; k++)
        m->f[k] += m->d[k] * s;
    for (unsigned k = 0; k < m->n_selectors; k++)
        train(m->w[k], m, m->layered ? target - m->p[k] : (target - m->P) * pace);
}

#define Z (16.0f / 15.0f)

struct refiner *make_refiner(bool strong)
{
    struct refiner *refiner = zeros(sizeof *refiner);
    refiner->n_maps = strong ? 2 : 1;
    refiner->of_mixed = 0.5f;
    refiner->of_map = strong ? 0.25f : 0.5f;
    refiner->rate = 0.025f;
    for (int j = 0; j < 16; j++) {
        float start = squash((float)j * Z - 8.0f);
        for (int context = 0; context < 65536; context++)
            refiner->step[0][context][j] = refiner->step[1][context][j] = start;
    }
    return refiner;
}

static uint32_t fraction(float p)
{
    uint32_t q = (uint32_t)(p * 4294967296.0f);
    return q == 0 ? 1 : q;
}

uint32_t coder_probability(float P)
{
    return P < 0.5f ? fraction(P) : 0 - fraction(1.0f - P);
}

uint32_t refine(struct refiner *r, const struct seen *seen, float X, float P)
{
    uint32_t context[2] = {(uint32_t)last(seen, 1) << 8, (uint32_t)last(seen, 2) * K >> 16};
    float a = (bounded(X, -7.999f, 7.999f) + 8.0f) * (1.0f / Z), sum = 0.0f;
    int j = (int)a;
    r->share = a - (float)j;
    for (int m = 0; m < r->n_maps; m++) {
        float *step = r->at[m] = &r->step[m][(context[m] + seen->partial) % 65536][j];
        sum += step[0] + (step[1] - step[0]) * r->share;
    }
    float p = P * r->of_mixed + sum * r->of_map;
    return coder_probability(p);
}

void refine_learn(struct refiner *r, int bit)
{
    for (int m = 0; m < r->n_maps; m++) {
        float *step = r->at[m], target = (float)bit;
        step[0] += (target - step[0]) * ((1.0f - r->share) * r->rate);
        step[1] += (target - step[1]) * (r->share * r->rate);
    }
}
