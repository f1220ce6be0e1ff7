/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounding to few bits: groups that have an exact form keep it, others lose little and less than by their range alone; what
 * is stored is what was fitted; and second-order rounding of a row loses less of its products with correlated inputs than rounding each weight.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernels/lm_int4.h"
#include "workshop/shrink/few_group.h"
#include "workshop/shrink/gptq.h"

enum { N = 128, SAMPLES = 400 };

static uint64_t state = 1;

static float next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(state >> 32) * (1.0f / 2147483648.0f);
}

static const enum tensor_kind kinds[] = {TENSOR_INT4,    TENSOR_NARROW2, TENSOR_NARROW3,
                                         TENSOR_NARROW4, TENSOR_NARROW5, TENSOR_NARROW6,
                                         TENSOR_NARROW7};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static float value_of(const struct few_group *group, size_t i)
{
    return group->n[i] * group->step + group->minimum;
}

/* few_round against roundf: around every half, and any others. */
static void test_round(void)
{
    for (int i = 0; i < 300; i++) {
        float x = (float)i + 0.5f, above = x, below = x;
        for (int step = 0; step < 50; step++) {
            CHECK_MSG(few_round(above) == roundf(above), "%a", (double)above);
            CHECK_MSG(few_round(below) == roundf(below), "%a", (double)below);
            above = nextafterf(above, INFINITY);
            below = nextafterf(below, 0);
        }
    }
    for (int i = 0; i < 100000; i++) {
        float x = 128 * fabsf(next());
        CHECK(few_round(x) == roundf(x));
    }
}

static void test_exact(struct few_form form)
{
    struct few_group group;
    float x[FEW_GROUP_MAX] = {0};
    for (size_t i = 0; i < form.n; i++)
        x[i] = (float)(i & ((1u << form.bits) - 1)) * 0.125f - 0.25f;
    few_fit(&group, form, x, NULL);
    for (size_t i = 0; i < form.n && form.bits <= 5; i++) /* of 6 bits, 32 numbers are not all */
        CHECK_MSG(value_of(&group, i) == x[i], "%u bits, %zu", form.bits, i);
    for (int sign = -1; sign <= 1; sign++) {
        for (size_t i = 0; i < form.n; i++)
            x[i] = 0.5f * (float)sign;
        few_fit(&group, form, x, NULL);
        CHECK(fabsf(value_of(&group, 7) - x[7]) < 0.002f);
    }
}

static void test_loss(struct few_form form)
{
    float loss = 0, plain = 0;
    for (int k = 0; k < 200; k++) {
        struct few_group group;
        float x[FEW_GROUP_MAX], low = INFINITY, high = -INFINITY,
                                scale = powf(10, (float)(k % 9) - 5),
                                top = (float)((1 << form.bits) - 1);
        for (size_t i = 0; i < form.n; i++) {
            x[i] = scale * (next() + next() + next());
            low = fminf(low, x[i]);
            high = fmaxf(high, x[i]);
        }
        few_fit(&group, form, x, NULL);
        float step = (high - low) / top;
        for (size_t i = 0; i < form.n; i++) {
            float by_range = low + step * roundf((x[i] - low) / step);
            CHECK((float)group.n[i] <= top);
            loss += powf((value_of(&group, i) - x[i]) / scale, 2);
            plain += powf((by_range - x[i]) / scale, 2);
        }
    }
    /* With many bits it costs little that minima are whole numbers. */
    CHECK_MSG(loss < (form.bits < 6 ? 0.96f : 1.1f) * plain, "%u bits: %g against %g", form.bits,
              (double)loss, (double)plain);
}

static void test_store(struct few_form form)
{
    _Alignas(64) static uint8_t memory[16 * N * 2];
    struct tensor tensor;
    struct arena arena = {memory, sizeof memory, 0};
    float x[N], row[N];
    memset(memory, 0, sizeof memory);
    tensor_lay_out(&tensor, form.kind, 2, N, &arena);
    for (size_t i = 0; i < N; i++)
        x[i] = next();
    for (size_t g = 0; g < N / form.n; g++) {
        struct few_group group;
        few_fit(&group, form, x + g * form.n, NULL);
        few_store(&tensor, 1, g, form, &group);
        tensor_row(&tensor, 1, row);
        for (size_t i = 0; i < form.n; i++)
            CHECK_MSG(fabsf(row[g * form.n + i] - value_of(&group, i)) < 1e-6f, "%u bits, %zu",
                      form.bits, i);
    }
    CHECK(tensor_is_sound(&tensor));
}

/* Inputs of which neighbours go together. */
static void make_inputs(float *inputs)
{
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t i = 0; i < N; i++)
            inputs[s * N + i] = 0.3f * next() + (i > 0 ? 0.9f * inputs[s * N + i - 1] : 0);
}

static float product_loss(const float *inputs, const float *row, struct few_form form,
                          const struct few_group *groups)
{
    float loss = 0;
    for (size_t s = 0; s < SAMPLES; s++) {
        float off = 0;
        for (size_t i = 0; i < N; i++)
            off += inputs[s * N + i] * (value_of(&groups[i / form.n], i % form.n) - row[i]);
        loss += off * off;
    }
    return loss;
}

static void test_second_order(struct few_form form)
{
    float *inputs = malloc(SAMPLES * N * sizeof *inputs),
          *products = calloc(N * N, sizeof *products);
    struct few_group nearest[N / LM_INT4_GROUP], second[N / LM_INT4_GROUP];
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
        for (size_t g = 0; g < N / form.n; g++)
            few_fit(&nearest[g], form, row + g * form.n, NULL);
        gptq_round_row(&gptq, copy, form, second);
        loss += product_loss(inputs, row, form, second);
        plain += product_loss(inputs, row, form, nearest);
    }
    CHECK_MSG(loss < 0.5f * plain, "%g against %g", (double)loss, (double)plain);
    gptq_close(&gptq);
    memset(products, 0, N * N * sizeof *products); /* inputs that were always 0 */
    CHECK(gptq_open(&gptq, products, N) == TACIT_OK);
    gptq_round_row(&gptq, row, form, second);
    CHECK(isfinite(second[0].step));
    gptq_close(&gptq);
    free(inputs);
    free(products);
}

int main(void)
{
    test_round();
    for (size_t i = 0; i < N_KINDS; i++) {
        struct few_form form = few_form_of(kinds[i]);
        test_exact(form);
        test_loss(form);
        test_store(form);
        test_second_order(form);
    }
    return check_result();
}
