/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/mixer.h"

#include "base/strict_math.h"

#define DOT_MAX 15.0f

/* How fast weights are learnt, and how they begin where one input is known to be better than all
 * others: there the mixer has less to find out and more to spoil. */
static const struct mixer_rates rates_equal = {0.015f, 0.0007f, 0.0015f};
static const struct mixer_rates rates_led = {0.008f, 0.0005f, 0.0003f};
#define LEAD_WEIGHT 0.9f
#define LED_WEIGHT  0.01f

enum { AGE_MAX = 1 << 20, FINAL_CHOICES = 256 };

static float clamp(float x, float bound)
{
    return x > bound ? bound : x < -bound ? -bound : x;
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
    uint32_t *age = arena_take(arena, n_sets * sizeof *age);
    if (age == NULL)
        return;
    *mixer = (struct mixer){.kernels = kernels,
                            .n_inputs = (unsigned)n_inputs,
                            .n_selectors = shape->n_selectors,
                            .n_dots = (shape->n_selectors + KERNEL_LANES - 1) / KERNEL_LANES *
                                      KERNEL_LANES,
                            .weights = weights,
                            .age = age,
                            .rates = shape->lead == 0 ? rates_equal : rates_led,
                            .final_weights = final};
    for (unsigned k = 0; k < shape->n_selectors; k++) {
        mixer->first_set[k] = first_set[k];
        mixer->n_choices[k] = shape->n_choices[k];
    }
    for (size_t i = 0; i < n_sets * n_inputs; i++)
        weights[i] = shape->lead == 0                          ? 4.5f / (float)(int)shape->n_inputs
                     : i % n_inputs == (size_t)shape->lead - 1 ? LEAD_WEIGHT
                                                               : LED_WEIGHT;
    for (size_t i = 0; i < (size_t)FINAL_CHOICES * SELECTORS_MAX; i++)
        final[i] = 1.0f / (float)(int)shape->n_selectors;
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
    mixer->kernels->mix_layer(stream->dots, stream->p, stream->x, mixer->n_inputs, stream->sets,
                              mixer->n_selectors, DOT_MAX);
    stream->final_set = mixer->final_weights + (size_t)partial * SELECTORS_MAX;
    float dot;
    mixer->kernels->mix_dots(&dot, stream->dots, mixer->n_dots, &stream->final_set, 1);
    return clamp(dot, DOT_MAX);
}

float mixer_probability(struct mixer_stream *stream, float x)
{
    float small = strict_squash(x < 0 ? x : -x);
    stream->final_p = x < 0 ? small : 1.0f - small;
    return stream->final_p;
}

uint32_t probability_q32(float p)
{
    float small = p < 0.5f ? p : 1.0f - p;
    uint32_t q32 = (uint32_t)(small * 4294967296.0f);
    q32 += q32 == 0;
    return p < 0.5f ? q32 : UINT32_MAX - q32 + 1;
}

/* A set learns the slower the more it has learnt. */
static float next_rate(const struct mixer_rates *rates, uint32_t *age)
{
    float rate = rates->last + (rates->first - rates->last) * 256.0f / (256.0f + (float)*age);
    *age += *age < AGE_MAX;
    return rate;
}

void mixer_update(struct mixer *mixer, struct mixer_stream *stream, int bit)
{
    float target = (float)bit;
    float final_step = (target - stream->final_p) * mixer->rates.final;
    mixer->kernels->mix_train(&stream->final_set, 1, &final_step, stream->dots, mixer->n_dots);
    for (unsigned k = 0; k < mixer->n_selectors; k++)
        stream->steps[k] = (target - stream->p[k]) * next_rate(&mixer->rates, stream->age[k]);
    mixer->kernels->mix_train(stream->sets, mixer->n_selectors, stream->steps, stream->x,
                              mixer->n_inputs);
}
