/* SPDX-License-Identifier: Apache-2.0
 *
 * Wide inputs: a row and what is left of it come to the numbers within 15 bits of each group's largest, where one row comes
 * within 7; with every set of kernels alike, part by part or whole, also where numbers are tiny or not finite.
 */
#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "engine/lm_rows.h"
#include "kernel_sets.h"

enum { GROUPS = 6, ROWS = 2, N = GROUPS * LM_GROUP };

struct made {
    struct lm_inputs inputs;
    uint8_t *memory;
    size_t n_bytes;
};

static struct made make(bool wide)
{
    struct made made;
    struct arena sizes = {0};
    lm_inputs_lay_out(&made.inputs, ROWS, N, wide, &sizes);
    made.n_bytes = sizes.used;
    made.memory = aligned_alloc(ARENA_ALIGN, sizes.used);
    memset(made.memory, 0, sizes.used);
    struct arena arena = {made.memory, sizes.used, 0};
    lm_inputs_lay_out(&made.inputs, ROWS, N, wide, &arena);
    return made;
}

/* Groups of other sizes each; the last but one is too small to round, the last has a number that is not finite. */
static void fill(float x[N])
{
    uint32_t state = 1;
    for (size_t i = 0; i < N; i++) {
        state = state * 1664525 + 1013904223;
        x[i] = ldexpf((float)(int32_t)state, (int)(i / LM_GROUP) * 5 - 31);
    }
    for (size_t i = 0; i < LM_GROUP; i++)
        x[(GROUPS - 2) * LM_GROUP + i] = 1e-32f;
    x[N - 1] = INFINITY;
}

static double value(const struct lm_rows *rows, size_t row, size_t i)
{
    return (double)rows->q[row * N + i] * (double)rows->scale[row * GROUPS + i / LM_GROUP];
}

/* The largest error of a group over its largest number. */
static double error_of(const struct lm_inputs *inputs, const float *x, size_t g)
{
    double worst = 0, top = 0;
    for (size_t i = g * LM_GROUP; i < (g + 1) * LM_GROUP; i++) {
        double is = value(&inputs->rows, 1, i);
        if (inputs->rest.n_groups)
            is += value(&inputs->rest, 1, i);
        worst = fmax(worst, fabs(is - (double)x[i]));
        top = fmax(top, fabs((double)x[i]));
    }
    return worst / top;
}

static void check_errors(const struct kernels *kernels, const float *x)
{
    struct made narrow = make(false), wide = make(true);
    lm_inputs_quantize(&narrow.inputs, kernels, 1, x);
    lm_inputs_quantize(&wide.inputs, kernels, 1, x);
    CHECK(narrow.inputs.rest.n_groups == 0 && wide.inputs.rest.n_groups == GROUPS);
    CHECK(memcmp(narrow.inputs.rows.q, wide.inputs.rows.q, (size_t)ROWS * N) == 0);
    for (size_t g = 0; g < GROUPS - 2; g++) {
        double one = error_of(&narrow.inputs, x, g), two = error_of(&wide.inputs, x, g);
        CHECK_MSG(one > 1.0 / 400 && one <= 0.501 / 127, "group %zu: %g by one row", g, one);
        CHECK_MSG(two <= 0.51 / 127 / 254, "group %zu: %g by two", g, two);
    }
    for (size_t i = (GROUPS - 2) * LM_GROUP; i < N; i++)
        CHECK(value(&wide.inputs.rows, 1, i) == 0 && value(&wide.inputs.rest, 1, i) == 0);
    struct lm_inputs from = lm_inputs_from(&wide.inputs, 1);
    CHECK(from.rest.q == wide.inputs.rest.q + N &&
          from.rows.scale == wide.inputs.rows.scale + GROUPS);
    free(narrow.memory);
    free(wide.memory);
}

/* Every set of kernels, in parts, makes the bytes that plain C makes at once. */
static void check_kernels(const struct kernels *plain, const float *x)
{
    struct made want = make(true);
    lm_inputs_quantize(&want.inputs, plain, 1, x);
    uint32_t features = cpu_features();
    bool is_last = false;
    for (uint32_t set = CPU_SCALAR; !is_last; set = kernel_set_after(set, features)) {
        struct made made = make(true);
        struct kernels kernels;
        kernels_select(&kernels, set);
        lm_inputs_quantize_part(&made.inputs, &kernels, 1, 0, 1, x);
        lm_inputs_quantize_part(&made.inputs, &kernels, 1, 1, GROUPS - 1, x + LM_GROUP);
        CHECK_MSG(memcmp(made.memory, want.memory, want.n_bytes) == 0, "cpu %x", set);
        free(made.memory);
        is_last = set == features;
    }
    free(want.memory);
}

int main(void)
{
    struct kernels plain;
    alignas(ARENA_ALIGN) float x[N];
    kernels_select(&plain, CPU_SCALAR);
    fill(x);
    check_errors(&plain, x);
    check_kernels(&plain, x);
    return check_result();
}
