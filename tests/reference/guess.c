/* SPDX-License-Identifier: Apache-2.0 */
#include "guess.h"

#include "arithmetic.h"
#include "counters.h"

static float magnitude(float x)
{
    return x < 0.0f ? -x : x;
}

float guess_edges(const struct interval *in, struct edges edges, float at, float scale, bool stops)
{
    float per = 1.0f / scale;
    float z0 = in->low == 0 ? -60.0f : bounded((edges.low - at) * per, -60.0f, 60.0f);
    float z1 = bounded((edges.middle - at) * per, -60.0f, 60.0f);
    float z2 =
        in->low + in->size == in->range ? 60.0f : bounded((edges.high - at) * per, -60.0f, 60.0f);
    if (stops && z2 - z0 < 0.002f)
        return 0.0f;
    if (z1 > 0.0f) {
        z0 = -z0;
        z1 = -z1;
        z2 = -z2;
    }
    float below = magnitude(squash(z1) - squash(z0)) + 1e-30f;
    float above = magnitude(squash(z2) - squash(z1)) + 1e-30f;
    return stretch(bounded(above / (below + above), 0.0005f, 1.0f - 0.0005f));
}

float guess_bit(const struct interval *in, float guess, float scale)
{
    struct edges edges = {(float)in->low, (float)(in->low + in->size / 2),
                          (float)(in->low + in->size)};
    return guess_edges(in, edges, guess + 0.5f, scale, false);
}

void interval_learn(struct interval *in, int bit)
{
    in->size /= 2;
    in->low += bit ? in->size : 0;
}

unsigned bucket_of(float B)
{
    int bucket = (int)((B + 7.6f) * (24.0f / 15.2f));
    return bucket < 0 ? 0 : bucket > 23 ? 23 : (unsigned)bucket;
}

uint32_t bucket_start(unsigned bucket)
{
    return counter((2 * bucket + 1) * 32768 / 24, 0);
}
