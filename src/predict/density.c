/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/density.h"

#include <assert.h>

#include "base/strict_math.h"

#define FAR   60.0f /* e^-60 is still a normal number */
#define P_MIN 0.0005f
#define TINY  1e-30f

static_assert(3 * DENSITY_GUESSES_MAX <= KERNEL_LANES, "one call of squash does");

static float bounded(float z)
{
    return z < -FAR ? -FAR : z > FAR ? FAR : z;
}

void density_predict(const struct density *d, const struct kernels *kernels,
                     struct mixer_inputs *inputs, float *stretched)
{
    float z[KERNEL_LANES] __attribute__((aligned(64))) = {0};
    float f[KERNEL_LANES] __attribute__((aligned(64)));
    uint32_t high = d->low + d->size, middle = d->low + d->size / 2;
    for (unsigned i = 0; i < d->n; i++) {
        float at = d->middle[i] + 0.5f, per = d->inverse_scale[i];
        float z0 = d->low == 0 ? -FAR : bounded(((float)d->low - at) * per);
        float z1 = bounded(((float)middle - at) * per);
        float z2 = high == d->range ? FAR : bounded(((float)high - at) * per);
        /* Computed from the side of the thin tail, so that differences do not cancel. */
        float sign = z1 > 0 ? -1.0f : 1.0f;
        z[3 * i] = z0 * sign;
        z[3 * i + 1] = z1 * sign;
        z[3 * i + 2] = z2 * sign;
    }
    kernels->squash(f, z, KERNEL_LANES);
    for (unsigned i = 0; i < d->n; i++) {
        float below = f[3 * i + 1] - f[3 * i], above = f[3 * i + 2] - f[3 * i + 1];
        below = (below < 0 ? -below : below) + TINY;
        above = (above < 0 ? -above : above) + TINY;
        float p = above / (below + above);
        p = p < P_MIN ? P_MIN : p > 1.0f - P_MIN ? 1.0f - P_MIN : p;
        stretched[i] = strict_stretch(p);
        inputs_add(inputs, stretched[i]);
    }
}
