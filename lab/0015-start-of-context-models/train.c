/* SPDX-License-Identifier: Apache-2.0
 *
 * train [codes] OUT FILE...: strong context models read the files, each from an empty start but for the mixer's weights, ages and
 * the refiner's steps, which go on from file to file. OUT gets their mean over the second half of the files, for
 * factor.py: weights [12][2048][147], ages [12][2048], steps [2][65536][16], covariances of the inputs [147][147], float
 * but for the ages, which are u32.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "content/content.h"
#include "content/recoding/dictionary_text.h"
#include "predict/context_mixer.h"
#include "predict/context_mixer_inside.h"
#include "predict/start/trained_start.h"

enum { SELECTORS = 12, VALUES = 2048, INPUTS = 147, CONTEXTS = 65536, STEPS = 16, SPLIT_MAX = 4096 };

static struct learnt {
    float weights[SELECTORS][VALUES][INPUTS];
    uint32_t age[SELECTORS][VALUES];
    float steps[2][CONTEXTS][STEPS], covariance[INPUTS][INPUTS];
} now, mean;

static bool with_codes; /* words become codes of the dictionary first */
static bool begun[SELECTORS]; /* a selector that no file had keeps its start */

/* Of the mixer's inputs between two others, as trained_start_note numbers them. */
static unsigned number_of(const struct mixer_shape *shape, unsigned input)
{
    for (unsigned r = 0; r < shape->n_trained; r++) {
        const struct trained_run *run = &shape->trained_inputs[r];
        if (input >= run->first && input < run->first + run->n)
            return run->in_table + input - run->first + 1u;
    }
    return 0;
}

static struct mixer_shape shape_of(const struct context_mixer_group *group)
{
    struct mixer_shape shape = {0};
    for (unsigned c = 0; c < group->n_components; c++) {
        const struct mixer_shape before = shape;
        shape.n_inputs += group->components[c].n_inputs;
        shape.n_selectors += group->components[c].n_selectors;
        trained_start_note(&shape, &before, group->components[c].ops);
    }
    return shape;
}

/* Between what is learnt and a predictor. */
static void move(struct context_mixer_group *group, bool back)
{
    struct mixer_shape shape = shape_of(group);
    struct mixer *mixer = &group->mixer;
    for (unsigned k = 0; k < shape.n_selectors; k++) {
        unsigned s = shape.trained_selector[k];
        for (uint32_t v = 0; s != 0 && v < mixer->n_choices[k]; v++) {
            size_t set = mixer->first_set[k] + v;
            float *weights = mixer->weights + set * mixer->n_inputs;
            for (unsigned i = 0; i < shape.n_inputs; i++) {
                unsigned number = number_of(&shape, i);
                float *kept = number ? &now.weights[s - 1][v][number - 1] : NULL;
                if (kept && back)
                    *kept = weights[i];
                else if (kept && begun[s - 1])
                    weights[i] = *kept;
            }
            if (back)
                now.age[s - 1][v] = mixer->age[set];
            else
                mixer->age[set] = now.age[s - 1][v];
        }
        if (s != 0 && back)
            begun[s - 1] = true;
    }
    for (unsigned m = 0; m < 2 && (back || now.steps[0][0][STEPS - 1] > 0); m++)
        memcpy(back ? (void *)now.steps[m] : (void *)group->refiner.map[m],
               back ? (void *)group->refiner.map[m] : (void *)now.steps[m], sizeof now.steps[m]);
}

/* What an error of a weight costs: of the inputs, weighed by the variance of the bit. */
static void add_covariance(const struct context_mixer_group *group, const struct mixer_shape *shape)
{
    float x[INPUTS] = {0}, p = group->mixer_stream.final_p;
    for (unsigned r = 0; r < shape->n_trained; r++)
        memcpy(x + shape->trained_inputs[r].in_table,
               group->mixer_stream.x + shape->trained_inputs[r].first,
               shape->trained_inputs[r].n * sizeof *x);
    for (unsigned i = 0; i < INPUTS; i++)
        for (unsigned j = 0; j < INPUTS && x[i] != 0; j++)
            now.covariance[i][j] += x[i] * p * (1 - p) * x[j];
}

/* Codes for words, as methods/context/context_words.c. Returns the number of bytes; 0: less than half has enough words. */
static size_t take_words(const uint8_t *data, struct content_segment *split, size_t n_split, uint8_t *out)
{
    size_t to = 0, n_coded = 0;
    for (size_t s = 0; s < n_split; s++) {
        size_t n = split[s].n_bytes, saved = 32 + n / 5, n_put = SIZE_MAX;
        if (n > saved && (CONTENT_BIT(split[s].content.type) & CONTENT_WORDS) != 0)
            n_put = dictionary_text_read(data, n, out + to, n - saved);
        if (n_put == SIZE_MAX)
            memcpy(out + to, data, n_put = n);
        else
            n_coded += n_put;
        data += n;
        to += n_put;
        split[s].n_bytes = (uint32_t)n_put;
    }
    return n_coded > to / 2 ? to : 0;
}

static void read_file(const uint8_t *data, size_t n, const struct kernels *kernels)
{
    static struct content_segment split[SPLIT_MAX];
    static uint8_t coded[1 << 20];
    size_t n_split = content_split(data, n, split, SPLIT_MAX);
    if (with_codes) {
        n = take_words(data, split, n_split, coded);
        data = coded;
    }
    if (n == 0)
        return;
    struct context_config config = {.strength = CONTEXT_STRONG,
                                    .memory_log2 = context_memory_log2_for(CONTEXT_STRONG, n)};
    struct context_mixer *cm;
    for (size_t s = 0; s < n_split; s++)
        config.content_set |= CONTENT_BIT(split[s].content.type);
    if (context_mixer_create(&cm, &config, kernels) != TACIT_OK)
        exit(1);
    struct context_mixer_group *group = cm->groups[CONTENT_GROUP_GENERAL];
    if (group && group->mixer.summed) {
        struct mixer_shape shape = shape_of(group);
        move(group, false);
        for (size_t s = 0; s < n_split; data += split[s++].n_bytes) {
            context_mixer_set_content(cm, &split[s].content);
            for (size_t i = 0; i < (size_t)split[s].n_bytes * 8; i++) {
                context_mixer_predict(cm);
                if (i % 32 == 5)
                    add_covariance(group, &shape);
                context_mixer_update(cm, data[i / 8] >> (7 - i % 8) & 1);
            }
        }
        move(group, true);
    }
    context_mixer_destroy(cm);
}

static void add(float *to, const float *from, size_t n, float share)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i] * share;
}

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    struct kernels kernels;
    kernels_select(&kernels, cpu_features());
    with_codes = argc > 1 && strcmp(argv[1], "codes") == 0;
    argc -= with_codes;
    argv += with_codes;
    for (int f = 2; f < argc; f++) {
        FILE *file = fopen(argv[f], "rb");
        if (!file)
            return 1;
        size_t n = fread(data, 1, sizeof data, file);
        fclose(file);
        read_file(data, n, &kernels);
        if (f - 2 < (argc - 2) / 2)
            continue;
        float share = 1.0f / (float)(argc - 2 - (argc - 2) / 2);
        add(mean.weights[0][0], now.weights[0][0], sizeof now.weights / sizeof(float), share);
        add(mean.steps[0][0], now.steps[0][0], sizeof now.steps / sizeof(float), share);
    }
    memcpy(mean.age, now.age, sizeof now.age);
    memcpy(mean.covariance, now.covariance, sizeof now.covariance);
    FILE *out = argc > 2 ? fopen(argv[1], "wb") : NULL;
    return !out || fwrite(&mean, sizeof mean, 1, out) != 1 || fclose(out) != 0;
}
