/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/density.h"

#include <assert.h>

#include "base/strict_math.h"

#define FAR   60.0f /* e^-60 is still a normal number */
#define P_MIN 0.0005f
#define TINY  1e-30f
#define STOP  0.002f

static_assert(3 * DENSITY_GUESSES_MAX <= KERNEL_LANES, "one call of squash does");

static float magnitude(float x)
{
    return x < 0 ? -x : x;
}

static float bounded(float z)
{
    return z < -FAR ? -FAR : z > FAR ? FAR : z;
}

/* Where the number's interval begins, in units of middle. */
static float edge_of(const struct density *d, uint64_t number)
{
    if (d->floats != NULL)
        return sample_value(d->floats, (uint32_t)number) * d->floats->steps;
    return (float)((int64_t)number - (int64_t)d->from) * d->step;
}

unsigned density_width_log2(const struct density *d)
{
    float width = edge_of(d, d->low + d->size - 1) - edge_of(d, d->low);
    int log2 = (int)(strict_to_bits(width) >> 23) - 119;
    return log2 < 0 ? 0 : log2 > 31 ? 31 : (unsigned)log2;
}

void density_predict(const struct density *d, const struct kernels *kernels,
                     struct mixer_inputs *inputs, float *stretched)
{
    float z[KERNEL_LANES] __attribute__((aligned(64))) = {0};
    float f[KERNEL_LANES] __attribute__((aligned(64)));
    uint64_t high = d->low + d->size;
    float low_edge = edge_of(d, d->low), high_edge = edge_of(d, high);
    float middle_edge = edge_of(d, d->low + d->size / 2), half = d->floats ? 0.0f : 0.5f * d->step;
    for (unsigned i = 0; i < d->n; i++) {
        float at = d->middle[i] + half, per = d->inverse_scale[i];
        float z0 = d->low == 0 ? -FAR : bounded((low_edge - at) * per);
        float z1 = bounded((middle_edge - at) * per);
        float z2 = high == d->range ? FAR : bounded((high_edge - at) * per);
        /* Computed from the side of the thin tail, so that differences do not cancel. */
        float sign = z1 > 0 ? -1.0f : 1.0f;
        z[3 * i] = z0 * sign;
        z[3 * i + 1] = z1 * sign;
        z[3 * i + 2] = z2 * sign;
    }
    kernels->squash(f, z, KERNEL_LANES);
    for (unsigned i = 0; i < d->n; i++) {
        float below = f[3 * i + 1] - f[3 * i], above = f[3 * i + 2] - f[3 * i + 1];
        below = magnitude(below) + TINY;
        above = magnitude(above) + TINY;
        float p = above / (below + above);
        p = p < P_MIN ? P_MIN : p > 1.0f - P_MIN ? 1.0f - P_MIN : p;
        bool stop = d->stops && magnitude(z[3 * i + 2] - z[3 * i]) < STOP;
        stretched[i] = stop ? 0.0f : strict_stretch(p);
        inputs_add(inputs, stretched[i]);
    }
}
