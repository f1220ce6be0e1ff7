/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/refiner.h"

#include "base/strict_math.h"

#define STEP_RANGE 8.0f /* the steps lie evenly from -8 to 8 */
#define STEP_SIZE  (2.0f * STEP_RANGE / (REFINER_STEPS - 1))

enum { N_CONTEXTS = 1 << 16 };

void refiner_lay_out(struct refiner *refiner, struct arena *arena, unsigned n_maps)
{
    refiner->n_maps = n_maps;
    refiner->mixed_share = 0.5f;
    refiner->map_share = n_maps == 1 ? 0.5f : 0.25f;
    refiner->rate = 0.025f;
    for (unsigned m = 0; m < n_maps; m++) {
        float(*map)[REFINER_STEPS] = arena_take(arena, (size_t)N_CONTEXTS * sizeof *map);
        if (map == NULL)
            continue;
        refiner->map[m] = map;
        for (uint32_t i = 0; i < N_CONTEXTS; i++)
            for (int j = 0; j < REFINER_STEPS; j++)
                map[i][j] = i ? map[0][j] : strict_squash((float)j * STEP_SIZE - STEP_RANGE);
    }
}

void refiner_trust_maps(struct refiner *refiner)
{
    refiner->mixed_share = 0.1f;
    refiner->map_share = 0.45f;
    refiner->rate = 0.014f;
}

/* All contexts of one byte lie side by side; the two that may come next lie in adjacent lines.
 */
static uint32_t context_of(const struct history *h, unsigned m)
{
    uint32_t c = (uint32_t)history_last(h, m + 1);
    return (m == 0 ? c << 8 : c * 0x9e3779b1u >> 16) & (N_CONTEXTS - 1);
}

float refiner_predict(const struct refiner *refiner, struct refiner_stream *stream,
                      const struct history *history, float x, float p)
{
    float at = x < -7.999f ? -7.999f : x > 7.999f ? 7.999f : x;
    at = (at + STEP_RANGE) * (1.0f / STEP_SIZE);
    int step = (int)at;
    float share = at - (float)step, sum = 0;
    for (unsigned m = 0; m < refiner->n_maps; m++) {
        uint32_t context = context_of(history, m);
        float *entry = refiner->map[m][(context + history->partial) & (N_CONTEXTS - 1)] + step;
        uint32_t next = (context + history->partial * 2) & (N_CONTEXTS - 1);
        __builtin_prefetch(refiner->map[m][next]);
        __builtin_prefetch(refiner->map[m][(next + 1) & (N_CONTEXTS - 1)]);
        sum += entry[0] + (entry[1] - entry[0]) * share;
        stream->at[m] = entry;
        stream->share[m] = share;
    }
    return p * refiner->mixed_share + sum * refiner->map_share;
}

void refiner_update(const struct refiner *refiner, struct refiner_stream *stream, int bit)
{
    for (unsigned m = 0; m < refiner->n_maps; m++) {
        float *entry = stream->at[m], target = (float)bit;
        entry[0] += (target - entry[0]) * ((1.0f - stream->share[m]) * refiner->rate);
        entry[1] += (target - entry[1]) * (stream->share[m] * refiner->rate);
    }
}
