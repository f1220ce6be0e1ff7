/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/start/trained_start.h"

#include <string.h>

#include "predict/components.h"

enum {
    N_INPUTS = 147, /* that the table knows ... */
    N_SELECTORS = 12,
    N_PARTS = 6,
    MEAN_SHIFT = 2, /* means are in units of 2^-16, sums in units of 2^-18 */
    FACTOR_HEAD = 1 + N_INPUTS,
    FACTORS_MAX = 64, /* of a selector */
    N_CONTEXTS = 1 << 16,
};

#define SUM_UNIT  (1.0f / 262144.0f)
#define STEP_UNIT (1.0f / 262144.0f)

extern const unsigned char trained_text[], trained_words[];

/* Components in the table's order. */
struct part {
    const struct component_ops *ops;
    uint8_t n_inputs, n_selectors;
};

static const struct part parts[N_PARTS] = {{&order_model_ops, 24, 4},   {&match_model_ops, 9, 1},
                                           {&count_model_ops, 6, 0},    {&text_model_ops, 57, 4},
                                           {&pattern_model_ops, 30, 1}, {&table_model_ops, 21, 2}};

static const uint16_t n_choices[N_SELECTORS] = {256, 72,  256,  2048, 256, 256,
                                                256, 256, 2048, 256,  256, 256};

void trained_start_note(struct mixer_shape *shape, const struct mixer_shape *before,
                        const struct component_ops *ops)
{
    unsigned input = 0, selector = 0;
    for (unsigned p = 0; p < N_PARTS; p++) {
        bool known = parts[p].ops == ops && shape->n_trained < TRAINED_RUNS_MAX;
        if (known)
            shape->trained_inputs[shape->n_trained++] = (struct trained_run){
                (uint16_t)before->n_inputs, (uint16_t)input, parts[p].n_inputs};
        for (unsigned k = 0; known && k < parts[p].n_selectors; k++)
            shape->trained_selector[before->n_selectors + k] = (uint8_t)(selector + k + 1);
        input += parts[p].n_inputs;
        selector += parts[p].n_selectors;
    }
}

static const uint8_t *table_of(enum trained_start start)
{
    return start == START_CODES ? trained_words : trained_text;
}

static int signed16(const uint8_t *at)
{
    return (int16_t)(at[0] | at[1] << 8);
}

/* Half bytes from -8 to 7, the lower one first. */
static int nibble(const uint8_t *at, unsigned i)
{
    return ((at[i / 2] >> i % 2 * 4 & 15) ^ 8) - 8;
}

/* A selector's part of the table: the number of factors, means of the inputs, then the factors: a shift, what the
 * inputs have of it, and what the values have. */
static const uint8_t *skip_selector(const uint8_t *at, unsigned selector)
{
    return at + 1 + 2 * N_INPUTS + at[0] * (size_t)(FACTOR_HEAD + n_choices[selector] / 2);
}

/* A selector's part in the form in which it is added up fast. */
struct selector_table {
    unsigned n_factors, selector;
    int32_t mean[N_INPUTS];
    int16_t input[FACTORS_MAX][N_INPUTS]; /* shifted */
    const uint8_t *values[FACTORS_MAX];
};

static void read_selector(struct selector_table *table, const uint8_t *at, unsigned selector)
{
    table->selector = selector;
    table->n_factors = at[0];
    for (unsigned i = 0; i < N_INPUTS; i++)
        table->mean[i] = signed16(at + 1 + 2 * (size_t)i) * (1 << MEAN_SHIFT);
    at += 1 + 2 * N_INPUTS;
    for (unsigned t = 0; t < table->n_factors; t++) {
        for (unsigned i = 0; i < N_INPUTS; i++)
            table->input[t][i] = (int16_t)((int8_t)at[1 + i] * (1 << at[0]));
        table->values[t] = at + FACTOR_HEAD;
        at += FACTOR_HEAD + n_choices[selector] / 2;
    }
}

static void fill_selector(float *weights, size_t stride, const struct mixer_shape *shape,
                          const struct selector_table *table)
{
    for (unsigned value = 0; value < n_choices[table->selector]; value++, weights += stride) {
        int32_t sum[N_INPUTS];
        memcpy(sum, table->mean, sizeof sum);
        for (unsigned t = 0; t < table->n_factors; t++) {
            int16_t share = (int16_t)nibble(table->values[t], value);
            for (unsigned i = 0; share != 0 && i < N_INPUTS; i++)
                sum[i] += table->input[t][i] * share;
        }
        for (unsigned r = 0; r < shape->n_trained; r++) {
            const struct trained_run *run = &shape->trained_inputs[r];
            for (unsigned i = 0; i < run->n; i++)
                weights[run->first + i] = (float)sum[run->in_table + i] * SUM_UNIT;
        }
    }
}

void trained_start_weights(float *weights, size_t stride, const struct mixer_shape *shape)
{
    const uint8_t *part[N_SELECTORS], *at = table_of(shape->trained);
    for (unsigned selector = 0; selector < N_SELECTORS; selector++) {
        part[selector] = at;
        at = skip_selector(at, selector);
    }
    for (unsigned k = 0; k < shape->n_selectors; k++) {
        unsigned known = shape->trained_selector[k];
        if (known != 0) {
            struct selector_table table;
            read_selector(&table, part[known - 1], known - 1);
            fill_selector(weights, stride, shape, &table);
        }
        weights += shape->n_choices[k] * stride;
    }
}

void trained_start_refiner(float (*map)[TRAINED_REFINER_STEPS], unsigned m,
                           enum trained_start start)
{
    const uint8_t *at = table_of(start);
    for (unsigned selector = 0; selector < N_SELECTORS; selector++)
        at = skip_selector(at, selector);
    at += m * (size_t)(2 * TRAINED_REFINER_STEPS + N_CONTEXTS / 2);
    for (unsigned c = 0; c < N_CONTEXTS; c++) {
        int share = nibble(at + 2 * TRAINED_REFINER_STEPS, c);
        for (unsigned j = 0; share != 0 && j < TRAINED_REFINER_STEPS; j++)
            map[c][j] += (float)(signed16(at + 2 * (size_t)j) * share) * STEP_UNIT;
    }
}
