/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/mixer.h"

#include <string.h>

#include "base/strict_math.h"
#include "predict/start/trained_start.h"

#define DOT_MAX 15.0f

/* How fast weights are learnt, and how they begin if one input is known to be better than all
 * others: then learning can gain less and lose more. */
static const struct mixer_rates rates_equal = {0.015f, 0.0007f, 0.0015f};
static const struct mixer_rates rates_led = {0.008f, 0.0015f, 0.0003f};
static const struct mixer_rates rates_led_few = {0.02f, 0.003f, 0.002f};

/* With one layer, for all sets of a bit together: they share one error, which is smaller. */
static const struct mixer_rates rates_summed = {0.045f, 0.003f, 0.0f};
static const struct mixer_rates rates_summed_many = {0.010f, 0.0007f, 0.0f};
static const struct mixer_rates rates_summed_led = {0.024f, 0.0015f, 0.0f};
#define LEAD_WEIGHT  0.9f
#define LED_WEIGHT   0.01f
#define EQUAL_WEIGHT 0.5f

enum {
    AGE_MAX = 1 << 20,
    FINAL_CHOICES = 256,
    SQUASH_STEPS_A_UNIT = 64,
    SQUASH_STEPS = 15 * SQUASH_STEPS_A_UNIT + 2, /* 0 .. DOT_MAX and the one beyond */
};

static struct mixer_rates rates_for(const struct mixer_shape *shape)
{
    struct mixer_rates rates = shape->lead == 0    ? rates_equal
                               : shape->few_inputs ? rates_led_few
                                                   : rates_led;
    if (shape->summed) {
        rates = shape->lead != 0     ? rates_summed_led
                : shape->many_inputs ? rates_summed_many
                                     : rates_summed;
        rates.first /= (float)(int)shape->n_selectors;
        rates.last /= (float)(int)shape->n_selectors;
    }
    return rates;
}

/* The start weight of input i; the sets of one layer share it. */
static float first_weight(const struct mixer_shape *shape, size_t i)
{
    if (shape->equal != 0)
        return i == (size_t)shape->lead - 1 || i == (size_t)shape->equal - 1 ? EQUAL_WEIGHT : 0.0f;
    float weight = shape->lead == 0               ? 4.5f / (float)(int)shape->n_inputs
                   : i == (size_t)shape->lead - 1 ? LEAD_WEIGHT
                                                  : LED_WEIGHT;
    return shape->summed ? weight / (float)(int)shape->n_selectors : weight;
}

void mixer_lay_out(struct mixer *mixer, struct arena *arena, const struct mixer_shape *shape,
                   const struct kernels *kernels)
{
    size_t n_inputs = (shape->n_inputs + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    uint32_t n_sets = 0, first_set[SELECTORS_MAX] = {0};
    for (unsigned k = 0; k < shape->n_selectors; k++) {
        first_set[k] = n_sets;
        n_sets += shape->n_choices[k];
    }
    float *weights = arena_take(arena, n_sets * n_inputs * sizeof *weights);
    float *final = arena_take(arena, (size_t)FINAL_CHOICES * SELECTORS_MAX * sizeof *final);
    float *squash = arena_take(arena, SQUASH_STEPS * sizeof *squash);
    uint32_t *age = arena_take(arena, n_sets * sizeof *age);
    if (age == NULL)
        return;
    *mixer = (struct mixer){.kernels = kernels,
                            .summed = shape->summed,
                            .n_inputs = (unsigned)n_inputs,
                            .n_selectors = shape->n_selectors,
                            .n_dots = (shape->n_selectors + KERNEL_LANES - 1) / KERNEL_LANES *
                                      KERNEL_LANES,
                            .weights = weights,
                            .age = age,
                            .rates = rates_for(shape),
                            .squash = squash,
                            .final_weights = final};
    for (unsigned k = 0; k < shape->n_selectors; k++) {
        mixer->first_set[k] = first_set[k];
        mixer->n_choices[k] = shape->n_choices[k];
    }
    for (size_t i = 0; i < n_inputs; i++)
        weights[i] = first_weight(shape, i);
    for (uint32_t set = 1; set < n_sets; set++)
        memcpy(weights + set * n_inputs, weights, n_inputs * sizeof *weights);
    if (shape->trained)
        trained_start_weights(weights, n_inputs, shape);
    for (uint32_t i = 0; i < n_sets; i++)
        age[i] = shape->trained ? TRAINED_START_AGE : 0;
    for (int i = 0; i < SQUASH_STEPS; i++)
        squash[i] = strict_squash((float)-i * (1.0f / SQUASH_STEPS_A_UNIT));
    for (size_t i = 0; i < (size_t)FINAL_CHOICES * SELECTORS_MAX; i++)
        final[i] = 1.0f / (float)(int)shape->n_selectors;
}

/* With the weight sets that stream->sets selects. */
static inline float mix(const struct mixer *mixer, const struct mixer_stream *stream,
                        const float *x, float *dots, float *p)
{
    const struct kernels *k = mixer->kernels;
    if (!mixer->summed)
        return k->mix_layer(dots, p, x, mixer->n_inputs, stream->sets, mixer->n_selectors, DOT_MAX,
                            stream->final_set);
    float sum = k->mix_sum(x, mixer->n_inputs, stream->sets, mixer->n_selectors);
    return sum > DOT_MAX ? DOT_MAX : sum < -DOT_MAX ? -DOT_MAX : sum;
}

float mixer_predict(struct mixer *mixer, struct mixer_stream *stream,
                    const struct mixer_inputs *inputs, unsigned partial)
{
    for (unsigned i = inputs->n; i < mixer->n_inputs; i++)
        stream->x[i] = 0.0f;
    for (unsigned k = 0; k < mixer->n_selectors; k++) {
        uint32_t set = mixer->first_set[k] + inputs->selector[k];
        stream->sets[k] = mixer->weights + (size_t)set * mixer->n_inputs;
        stream->age[k] = &mixer->age[set];
    }
    stream->final_set = mixer->final_weights + (size_t)partial * SELECTORS_MAX;
    return mix(mixer, stream, stream->x, stream->dots, stream->p);
}

float mixer_predict_without(const struct mixer *mixer, const struct mixer_stream *stream,
                            unsigned begin, unsigned end, bool alone)
{
    struct mixer_stream other;
    for (unsigned i = 0; i < mixer->n_inputs; i++)
        other.x[i] = (i >= begin && i < end) == alone ? stream->x[i] : 0.0f;
    return mix(mixer, stream, other.x, other.dots, other.p);
}

/* strict_squash by interpolation, which is quick: the coder waits for this value. */
float mixer_probability(const struct mixer *mixer, struct mixer_stream *stream, float x)
{
    uint32_t negative = 0u - (uint32_t)(x < 0); /* no branch: a processor could not predict it */
    float at = strict_from_bits(strict_to_bits(x) & 0x7fffffffu) * (float)SQUASH_STEPS_A_UNIT;
    int step = (int)at;
    const float *entry = mixer->squash + step;
    float small = entry[0] + (entry[1] - entry[0]) * (at - (float)step);
    stream->final_p = strict_from_bits((strict_to_bits(small) & negative) |
                                       (strict_to_bits(1.0f - small) & ~negative));
    return stream->final_p;
}

uint32_t probability_q32(float p)
{
    uint32_t large = 0u - (uint32_t)(p >= 0.5f);
    float small =
        strict_from_bits((strict_to_bits(p) & ~large) | (strict_to_bits(1.0f - p) & large));
    uint32_t q32 = (uint32_t)(small * 4294967296.0f);
    q32 += q32 == 0;
    return (q32 ^ large) - large;
}

/* The more a set has learnt, the slower it learns. */
static float next_rate(const struct mixer_rates *rates, uint32_t *age)
{
    float rate = rates->last + (rates->first - rates->last) * 256.0f / (256.0f + (float)*age);
    *age += *age < AGE_MAX;
    return rate;
}

void mixer_update(struct mixer *mixer, struct mixer_stream *stream, int bit, float pace)
{
    float target = (float)bit, error = target - stream->final_p;
    if (!mixer->summed) {
        float step = error * mixer->rates.final;
        mixer->kernels->mix_train(&stream->final_set, 1, &step, stream->dots, mixer->n_dots);
    }
    for (unsigned k = 0; k < mixer->n_selectors; k++)
        stream->steps[k] = (mixer->summed ? error * pace : target - stream->p[k]) *
                           next_rate(&mixer->rates, stream->age[k]);
    mixer->kernels->mix_train(stream->sets, mixer->n_selectors, stream->steps, stream->x,
                              mixer->n_inputs);
}
