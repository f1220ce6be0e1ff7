/* SPDX-License-Identifier: Apache-2.0 */
#include "mixing.h"

struct mixer *make_mixer(unsigned n_inputs, unsigned n_selectors, const uint32_t *choices)
{
    struct mixer *mixer = zeros(sizeof *mixer);
    mixer->n_inputs = n_inputs;
    mixer->n_selectors = n_selectors;
    for (unsigned k = 0; k < n_selectors; k++) {
        mixer->sets[k] = zeros(choices[k] * sizeof *mixer->sets[k]);
        for (uint32_t value = 0; value < choices[k]; value++) {
            struct weight_set *set = zeros(sizeof *set + n_inputs * sizeof(float));
            for (unsigned i = 0; i < n_inputs; i++)
                set->weights[i] = 4.5f / (float)n_inputs;
            mixer->sets[k][value] = set;
        }
    }
    for (unsigned partial = 0; partial < 256; partial++)
        for (unsigned k = 0; k < n_selectors; k++)
            mixer->final[partial][k] = 1.0f / (float)n_selectors;
    return mixer;
}

float mixer_predict(struct mixer *m, const struct given *given, unsigned partial)
{
    for (unsigned i = 0; i < m->n_inputs; i++)
        m->x[i] = given->x[i];
    for (unsigned k = 0; k < m->n_selectors; k++) {
        m->used[k] = m->sets[k][given->select[k]];
        m->d[k] = bounded(dot(m->x, m->used[k]->weights, m->n_inputs), -15.0f, 15.0f);
        m->p[k] = squash(m->d[k]);
    }
    m->f = m->final[partial];
    float X = bounded(dot(m->d, m->f, m->n_selectors), -15.0f, 15.0f);
    m->P = X < 0.0f ? squash(X) : 1.0f - squash(-X);
    return X;
}

void mixer_learn(struct mixer *m, int bit)
{
    float target = (float)bit, s = (target - m->P) * 0.0015f;
    for (unsigned k = 0; k < m->n_selectors; k++)
        m->f[k] += m->d[k] * s;
    for (unsigned k = 0; k < m->n_selectors; k++) {
        struct weight_set *set = m->used[k];
        float rate = 0.0007f + (0.015f - 0.0007f) * 256.0f / (256.0f + (float)set->age);
        set->age = least(set->age + 1, 1 << 20);
        s = (target - m->p[k]) * rate;
        for (unsigned i = 0; i < m->n_inputs; i++)
            set->weights[i] += m->x[i] * s;
    }
}

#define Z (16.0f / 15.0f)

struct refiner *make_refiner(void)
{
    struct refiner *refiner = zeros(sizeof *refiner);
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

uint32_t refiner_predict(struct refiner *r, const struct seen *seen, float X, float P)
{
    uint32_t context[2] = {(uint32_t)last(seen, 1) << 8, (uint32_t)last(seen, 2) * K >> 16};
    float a = (bounded(X, -7.999f, 7.999f) + 8.0f) * (1.0f / Z), sum = 0.0f;
    int j = (int)a;
    r->share = a - (float)j;
    for (int m = 0; m < 2; m++) {
        float *step = r->at[m] = &r->step[m][(context[m] + seen->partial) % 65536][j];
        sum += step[0] + (step[1] - step[0]) * r->share;
    }
    float p = P * 0.5f + sum * 0.25f;
    return p < 0.5f ? fraction(p) : 0 - fraction(1.0f - p);
}

void refiner_learn(struct refiner *r, int bit)
{
    for (int m = 0; m < 2; m++) {
        float *step = r->at[m], target = (float)bit;
        step[0] += (target - step[0]) * ((1.0f - r->share) * 0.025f);
        step[1] += (target - step[1]) * (r->share * 0.025f);
    }
}
