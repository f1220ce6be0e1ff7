/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/int4_group.h"

#include <math.h>
#include <string.h>

#include "workshop/shrink/half.h"

enum { LARGEST = 15, STEPS = 12, REFITS = 2 };

unsigned int4_nearest(const struct tensor_int4_group *group, float x, float *value)
{
    float scale = lm_half_to_float(group->scale), minimum = lm_half_to_float(group->minimum);
    float n = scale > 0 ? roundf((x - minimum) / scale) : 0;
    n = n < 0 ? 0 : n > LARGEST ? LARGEST : n;
    *value = n * scale + minimum;
    return (unsigned)n;
}

static float round_all(struct tensor_int4_group *group, const float *x, const float *importance)
{
    float loss = 0;
    for (size_t i = 0; i < LM_INT4_GROUP; i++) {
        float value;
        group->n[i] = (uint8_t)int4_nearest(group, x[i], &value);
        loss += (importance ? importance[i] : 1) * (value - x[i]) * (value - x[i]);
    }
    return loss;
}

/* Fits a line, scale and minimum, through the weights over their numbers by least squares. False:
 * all numbers are equal. */
static bool fit_line(const struct tensor_int4_group *group, const float *x, const float *importance,
                     float *scale, float *minimum)
{
    float w = 0, wn = 0, wnn = 0, wx = 0, wnx = 0;
    for (size_t i = 0; i < LM_INT4_GROUP; i++) {
        float weight = importance ? importance[i] : 1, n = group->n[i];
        w += weight;
        wn += weight * n;
        wnn += weight * n * n;
        wx += weight * x[i];
        wnx += weight * n * x[i];
    }
    float determinant = w * wnn - wn * wn;
    if (!(determinant > 1e-6f * w * wnn))
        return false;
    *scale = (w * wnx - wn * wx) / determinant;
    *minimum = (wx - *scale * wn) / w;
    return *scale > 0;
}

static void try_line(struct tensor_int4_group *best, float *least, float scale, float minimum,
                     const float *x, const float *importance)
{
    struct tensor_int4_group group;
    for (int i = 0; i <= REFITS; i++) {
        group.scale = half_nearest(scale);
        group.minimum = half_nearest(minimum);
        float loss = round_all(&group, x, importance);
        if (loss < *least) {
            *least = loss;
            *best = group;
        }
        if (!fit_line(&group, x, importance, &scale, &minimum))
            return;
    }
}

/* Tries the range of the weights and ranges smaller by up to a fifth, and fits a line to the
 * numbers of each. */
void int4_group_fit(struct tensor_int4_group *group, const float *x, const float *importance)
{
    float low = x[0], high = x[0], least = INFINITY;
    for (size_t i = 1; i < LM_INT4_GROUP; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    memset(group, 0, sizeof *group);
    for (int step = 0; step < STEPS; step++) {
        float cut = 0.4f * (float)step / STEPS * 0.5f * (high - low);
        try_line(group, &least, (high - low - 2 * cut) / LARGEST, low + cut, x, importance);
    }
}
