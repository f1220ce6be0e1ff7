/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/few_group.h"

#include <math.h>
#include <string.h>

#include "base/strict_math.h"
#include "workshop/shrink/half.h"

enum { STEPS = 12, REFITS = 2, LANES = 8 };

struct few_form few_form_of(enum tensor_kind kind)
{
    unsigned bits = tensor_narrow_bits(kind);
    return bits ? (struct few_form){kind, bits, LM_GROUP}
                : (struct few_form){kind, 4, LM_INT4_GROUP};
}

static float largest_of(struct few_form form)
{
    return (float)((1u << form.bits) - 1);
}

/* To the nearest float of which the lower 16 bits are zero. x: at least 0, finite. */
static float upper_half(float x)
{
    return strict_from_bits((strict_to_bits(x) + 0x8000) & 0xffff0000);
}

/* Sets step and minimum to the nearest ones that the kind can hold. step: at least 0. */
static void settle(struct few_group *group, struct few_form form, float step, float minimum)
{
    if (form.kind == TENSOR_INT4) {
        group->step = lm_half_to_float(half_nearest(step));
        group->minimum = lm_half_to_float(half_nearest(minimum));
        return;
    }
    float unit = (float)(1u << (7 - form.bits)), scale = upper_half(step / unit);
    float below = scale > 0 ? -minimum / scale : 0;
    group->step = scale * unit;
    group->minimum = -few_round(below < 0 ? 0 : below > 127 ? 127 : below) * scale;
}

unsigned few_nearest(const struct few_group *group, struct few_form form, float x, float *value)
{
    float n = group->step > 0 ? (x - group->minimum) / group->step : 0, top = largest_of(form);
    n = few_round(n < 0 ? 0 : n > top ? top : n);
    *value = n * group->step + group->minimum;
    return (unsigned)n;
}

static float sum_of(const float lane[LANES])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* In lanes, which compilers make vectors of. */
static float round_all(struct few_group *group, float *numbers, struct few_form form,
                       const float *x, const float *importance)
{
    float lane[LANES] = {0}, top = largest_of(form), minimum = group->minimum, step = group->step,
          divisor = step > 0 ? step : INFINITY;
    for (size_t i = 0; i < form.n; i += LANES)
        for (size_t j = i; j < i + LANES; j++) {
            float n = (x[j] - minimum) / divisor;
            n = n < 0 ? 0 : n;
            n = few_round(n > top ? top : n);
            float off = n * step + minimum - x[j];
            numbers[j] = n;
            lane[j - i] += importance[j] * off * off;
        }
    return sum_of(lane);
}

/* Fits a line, step and minimum, through the weights over their numbers by least squares. False: all
 * numbers are equal. */
static bool fit_line(const float *numbers, struct few_form form, const float *x,
                     const float *importance, float *step, float *minimum)
{
    float lanes[5][LANES] = {{0}};
    for (size_t i = 0; i < form.n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float weight = importance[i + j], n = numbers[i + j];
            lanes[0][j] += weight;
            lanes[1][j] += weight * n;
            lanes[2][j] += weight * n * n;
            lanes[3][j] += weight * x[i + j];
            lanes[4][j] += weight * n * x[i + j];
        }
    float w = sum_of(lanes[0]), wn = sum_of(lanes[1]), wnn = sum_of(lanes[2]),
          wx = sum_of(lanes[3]), wnx = sum_of(lanes[4]), determinant = w * wnn - wn * wn;
    if (!(determinant > 1e-6f * w * wnn))
        return false;
    *step = (w * wnx - wn * wx) / determinant;
    *minimum = (wx - *step * wn) / w;
    return *step > 0;
}

static void try_line(struct few_group *best, float *least, struct few_form form, float step,
                     float minimum, const float *x, const float *importance)
{
    struct few_group group = {.step = 0};
    float numbers[FEW_GROUP_MAX];
    for (int i = 0; i <= REFITS; i++) {
        settle(&group, form, step, minimum);
        float loss = round_all(&group, numbers, form, x, importance);
        if (loss < *least) {
            *least = loss;
            best->step = group.step;
            best->minimum = group.minimum;
        }
        if (!fit_line(numbers, form, x, importance, &step, &minimum))
            return;
    }
}

/* Tries the range of the weights and smaller ranges, much smaller ones with few bits, and fits a line to the
 * numbers of each. */
void few_fit(struct few_group *group, struct few_form form, const float *x, const float *importance)
{
    static const float largest_cut[] = {0, 0, 0.4f, 0.3f, 0.2f, 0.2f, 0.2f, 0.2f};
    float low = x[0], high = x[0], least = INFINITY, ones[FEW_GROUP_MAX];
    for (size_t i = 0; i < form.n; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
        ones[i] = 1;
    }
    importance = importance ? importance : ones;
    if (form.kind != TENSOR_INT4) { /* whose minimum is never above 0 */
        low = fminf(low, 0);
        high = fmaxf(high, 0);
    }
    memset(group, 0, sizeof *group);
    for (int step = 0; step < STEPS; step++) {
        float cut = largest_cut[form.bits] * (float)step / STEPS * (high - low);
        try_line(group, &least, form, (high - low - 2 * cut) / largest_of(form), low + cut, x,
                 importance);
    }
    for (size_t i = 0; i < form.n; i++) {
        float value;
        group->n[i] = (uint8_t)few_nearest(group, form, x[i], &value);
    }
}

void few_store(struct tensor *tensor, size_t row, size_t index, struct few_form form,
               const struct few_group *group)
{
    if (form.kind == TENSOR_INT4) {
        struct tensor_int4_group int4 = {.scale = half_nearest(group->step),
                                         .minimum = half_nearest(group->minimum)};
        memcpy(int4.n, group->n, sizeof int4.n);
        tensor_set_int4(tensor, row, index, &int4);
        return;
    }
    float scale = group->step / (float)(1u << (7 - form.bits));
    struct tensor_narrow_group narrow = {
        .minimum = (uint8_t)(scale > 0 ? few_round(-group->minimum / scale) : 0),
        .scale = (uint16_t)(strict_to_bits(scale) >> 16)};
    memcpy(narrow.n, group->n, sizeof narrow.n);
    tensor_set_narrow(tensor, row, index, &narrow);
}

void few_load(const struct tensor *tensor, size_t row, size_t index, struct few_form form,
              struct few_group *group)
{
    if (form.kind == TENSOR_INT4) {
        struct tensor_int4_group int4;
        tensor_get_int4(tensor, row, index, &int4);
        memcpy(group->n, int4.n, sizeof int4.n);
        group->step = lm_half_to_float(int4.scale);
        group->minimum = lm_half_to_float(int4.minimum);
        return;
    }
    struct tensor_narrow_group narrow;
    tensor_get_narrow(tensor, row, index, &narrow);
    memcpy(group->n, narrow.n, sizeof narrow.n);
    float scale = strict_from_bits((uint32_t)narrow.scale << 16);
    group->step = scale * (float)(1u << (7 - form.bits));
    group->minimum = -(float)narrow.minimum * scale;
}

void few_fit_int4(struct tensor_int4_group *group, const float *x, const float *importance)
{
    struct few_group fitted;
    few_fit(&fitted, few_form_of(TENSOR_INT4), x, importance);
    memcpy(group->n, fitted.n, sizeof group->n);
    group->scale = half_nearest(fitted.step);
    group->minimum = half_nearest(fitted.minimum);
}

void few_round_matrix(struct tensor *to, const struct tensor *from, float *row)
{
    struct few_form form = few_form_of(to->kind);
    for (size_t r = 0; r < from->n_rows; r++) {
        tensor_row(from, r, row);
        for (size_t g = 0; g < from->n_columns / form.n; g++) {
            struct few_group group;
            few_fit(&group, form, row + g * form.n, NULL);
            few_store(to, r, g, form, &group);
        }
    }
}
