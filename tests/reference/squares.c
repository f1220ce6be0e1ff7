/* SPDX-License-Identifier: Apache-2.0 */
#include "squares.h"

#include <stdbool.h>
#include <string.h>

#include "arithmetic.h"

struct squares *make_squares(unsigned n, float fade, float ridge, unsigned every)
{
    struct squares *s = zeros(sizeof *s);
    s->n = n;
    s->width = (n + 1 + 15) / 16 * 16;
    s->every = every;
    s->fade = fade;
    s->ridge = ridge;
    s->gain = 1.0f;
    return s;
}

float squares_predict(const struct squares *s)
{
    return dot(s->x, s->weights, s->width);
}

static bool is_sound(const struct squares *s, unsigned r)
{
    return s->M[r][r] > s->ridge * 0.25f * s->gain;
}

static unsigned skip(unsigned r)
{
    return (r + 1) / 16 * 16;
}

static void eliminate(struct squares *s, unsigned r)
{
    float inverse = 1.0f / s->M[r][r];
    for (unsigned q = r + 1; q < s->n; q++) {
        float step = -(s->M[r][q] * inverse);
        for (unsigned j = skip(r); j < s->width; j++)
            s->M[q][j] += s->M[r][j] * step;
    }
}

static void solve(struct squares *s)
{
    memcpy(s->M, s->sums, sizeof s->M);
    for (unsigned r = 0; r < s->n; r++)
        s->M[r][r] += s->ridge * s->gain;
    for (unsigned r = 0; r < s->n; r++)
        if (is_sound(s, r))
            eliminate(s, r);
    memset(s->weights, 0, sizeof s->weights);
    for (unsigned r = s->n; r-- > 0;) {
        if (!is_sound(s, r))
            continue;
        unsigned from = skip(r);
        float known = dot(s->weights + from, s->M[r] + from, s->width - from);
        float v = (s->M[r][s->n] - known) / s->M[r][r];
        if (!(v > -1e6f && v < 1e6f)) {
            memset(s->weights, 0, sizeof s->weights);
            return;
        }
        s->weights[r] = v;
    }
}

void squares_learn(struct squares *s, float target)
{
    s->x[s->n] = target;
    for (unsigned r = 0; r < s->n; r++) {
        float step = s->x[r] * s->gain;
        for (unsigned j = 0; j < s->width; j++)
            s->sums[r][j] += s->x[j] * step;
    }
    s->x[s->n] = 0.0f;
    s->gain *= 1.0f / s->fade;
    if (s->gain > 1048576.0f) {
        float scale = 1.0f / s->gain;
        for (unsigned r = 0; r < s->n; r++)
            for (unsigned j = 0; j < s->width; j++)
                s->sums[r][j] *= scale;
        s->gain = 1.0f;
    }
    if (++s->n_learnt % s->every == 0)
        solve(s);
}
