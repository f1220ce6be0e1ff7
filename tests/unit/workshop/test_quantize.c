/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding to 4 bits: groups that have an exact form keep it, others lose little and less than by their range alone; and
 * second-order rounding of a row loses less of its products with correlated inputs than rounding each weight.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernels/lm_int4.h"
#include "workshop/shrink/gptq.h"
#include "workshop/shrink/int4_group.h"

enum { N = 128, SAMPLES = 400 };

static uint64_t state = 1;

static float next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(state >> 32) * (1.0f / 2147483648.0f);
}

static float value_of(const struct tensor_int4_group *group, size_t i)
{
    return group->n[i] * lm_half_to_float(group->scale) + lm_half_to_float(group->minimum);
}

static void test_exact(void)
{
    struct tensor_int4_group group;
    float x[LM_INT4_GROUP];
    for (size_t i = 0; i < LM_INT4_GROUP; i++)
        x[i] = (float)(i % 16) * 0.125f - 0.75f;
    int4_group_fit(&group, x, NULL);
    for (size_t i = 0; i < LM_INT4_GROUP; i++)
        CHECK(value_of(&group, i) == x[i]);
    for (size_t i = 0; i < LM_INT4_GROUP; i++)
        x[i] = 0.5f;
    int4_group_fit(&group, x, NULL);
    CHECK(value_of(&group, 7) == 0.5f);
    memset(x, 0, sizeof x);
    int4_group_fit(&group, x, NULL);
    CHECK(value_of(&group, 7) == 0);
}

static void test_loss(void)
{
    float loss = 0, plain = 0;
    for (int k = 0; k < 200; k++) {
        struct tensor_int4_group group;
        float x[LM_INT4_GROUP], low = INFINITY, high = -INFINITY,
                                scale = powf(10, (float)(k % 9) - 5);
        for (size_t i = 0; i < LM_INT4_GROUP; i++) {
            x[i] = scale * (next() + next() + next());
            low = fminf(low, x[i]);
            high = fmaxf(high, x[i]);
        }
        int4_group_fit(&group, x, NULL);
        float step = (high - low) / 15;
        CHECK(lm_half_is_finite(group.scale) && lm_half_is_finite(group.minimum));
        for (size_t i = 0; i < LM_INT4_GROUP; i++) {
            float by_range = low + step * roundf((x[i] - low) / step);
            CHECK(group.n[i] < 16);
            loss += powf((value_of(&group, i) - x[i]) / scale, 2);
            plain += powf((by_range - x[i]) / scale, 2);
        }
    }
    CHECK_MSG(loss < 0.95f * plain, "%g against %g", (double)loss, (double)plain);
}

/* Inputs of which neighbours go together. */
static void make_inputs(float *inputs)
{
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t i = 0; i < N; i++)
            inputs[s * N + i] = 0.3f * next() + (i > 0 ? 0.9f * inputs[s * N + i - 1] : 0);
}

static float product_loss(const float *inputs, const float *row,
                          const struct tensor_int4_group *groups)
{
    float loss = 0;
    for (size_t s = 0; s < SAMPLES; s++) {
        float off = 0;
        for (size_t i = 0; i < N; i++)
            off += inputs[s * N + i] *
                   (value_of(&groups[i / LM_INT4_GROUP], i % LM_INT4_GROUP) - row[i]);
        loss += off * off;
    }
    return loss;
}

static void test_second_order(void)
{
    float *inputs = malloc(SAMPLES * N * sizeof *inputs),
          *products = calloc(N * N, sizeof *products);
    struct tensor_int4_group nearest[N / LM_INT4_GROUP], second[N / LM_INT4_GROUP];
    float row[N], copy[N], loss = 0, plain = 0;
    struct gptq gptq;
    make_inputs(inputs);
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t i = 0; i < N * N; i++)
            products[i] += inputs[s * N + i / N] * inputs[s * N + i % N];
    CHECK(gptq_open(&gptq, products, N) == TACIT_OK);
    for (int k = 0; k < 10; k++) {
        for (size_t i = 0; i < N; i++)
            row[i] = copy[i] = next();
        for (size_t g = 0; g < N / LM_INT4_GROUP; g++)
            int4_group_fit(&nearest[g], row + g * LM_INT4_GROUP, NULL);
        gptq_round_row(&gptq, copy, second);
        loss += product_loss(inputs, row, second);
        plain += product_loss(inputs, row, nearest);
    }
    CHECK_MSG(loss < 0.5f * plain, "%g against %g", (double)loss, (double)plain);
    gptq_close(&gptq);
    memset(products, 0, N * N * sizeof *products); /* inputs that were always 0 */
    CHECK(gptq_open(&gptq, products, N) == TACIT_OK);
    gptq_round_row(&gptq, row, second);
    CHECK(lm_half_is_finite(second[0].scale));
    gptq_close(&gptq);
    free(inputs);
    free(products);
}

int main(void)
{
    test_exact();
    test_loss();
    test_second_order();
    return check_result();
}
