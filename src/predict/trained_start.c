/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/trained_start.h"

#include <string.h>

#include "predict/components.h"

enum {
    N_INPUTS = 147, /* that the table knows ... */
    N_SELECTORS = 12,
    N_PARTS = 6,
    MEAN_SHIFT = 8, /* means are in units of 2^-16, sums in units of 2^-24 */
    FACTOR_HEAD = 1 + N_INPUTS,
    N_CONTEXTS = 1 << 16,
};

#define SUM_UNIT  (1.0f / 16777216.0f)
#define STEP_UNIT (1.0f / 262144.0f)

extern const unsigned char trained_start[];

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
    unsigned input = 1, selector = 1;
    for (unsigned p = 0; p < N_PARTS; p++) {
        bool known = parts[p].ops == ops;
        for (unsigned i = before->n_inputs; known && i < shape->n_inputs; i++)
            shape->trained_input[i] = (uint8_t)(input + (i - before->n_inputs));
        for (unsigned k = before->n_selectors; known && k < shape->n_selectors; k++)
            shape->trained_selector[k] = (uint8_t)(selector + (k - before->n_selectors));
        input += parts[p].n_inputs;
        selector += parts[p].n_selectors;
    }
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

static void add_factor(int32_t sum[N_INPUTS], const uint8_t *factor, unsigned value)
{
    int32_t share = nibble(factor + FACTOR_HEAD, value) * (1 << factor[0]);
    for (unsigned i = 0; i < N_INPUTS; i++)
        sum[i] += (int8_t)factor[1 + i] * share;
}

static void fill_selector(float *weights, size_t stride, const struct mixer_shape *shape,
                          unsigned selector, const uint8_t *at)
{
    size_t n_factor = FACTOR_HEAD + n_choices[selector] / 2;
    for (unsigned value = 0; value < n_choices[selector]; value++, weights += stride) {
        int32_t sum[N_INPUTS];
        for (unsigned i = 0; i < N_INPUTS; i++)
            sum[i] = signed16(at + 1 + 2 * (size_t)i) * (1 << MEAN_SHIFT);
        for (unsigned t = 0; t < at[0]; t++)
            add_factor(sum, at + 1 + 2 * N_INPUTS + t * n_factor, value);
        for (unsigned i = 0; i < shape->n_inputs; i++)
            if (shape->trained_input[i] != 0)
                weights[i] = (float)sum[shape->trained_input[i] - 1] * SUM_UNIT;
    }
}

void trained_start_weights(float *weights, size_t stride, const struct mixer_shape *shape)
{
    const uint8_t *table[N_SELECTORS], *at = trained_start;
    for (unsigned selector = 0; selector < N_SELECTORS; selector++) {
        table[selector] = at;
        at = skip_selector(at, selector);
    }
    for (unsigned k = 0; k < shape->n_selectors; k++) {
        unsigned known = shape->trained_selector[k];
        if (known != 0)
            fill_selector(weights, stride, shape, known - 1, table[known - 1]);
        weights += shape->n_choices[k] * stride;
    }
}

void trained_start_refiner(float (*map)[TRAINED_REFINER_STEPS], unsigned m)
{
    const uint8_t *at = trained_start;
    for (unsigned selector = 0; selector < N_SELECTORS; selector++)
        at = skip_selector(at, selector);
    at += m * (size_t)(2 * TRAINED_REFINER_STEPS + N_CONTEXTS / 2);
    for (unsigned c = 0; c < N_CONTEXTS; c++) {
        int share = nibble(at + 2 * TRAINED_REFINER_STEPS, c);
        for (unsigned j = 0; share != 0 && j < TRAINED_REFINER_STEPS; j++)
            map[c][j] += (float)(signed16(at + 2 * (size_t)j) * share) * STEP_UNIT;
    }
}
