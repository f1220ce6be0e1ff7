/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds groups of weights to few bits, for every kind of tensor that has them: numbers n of a group share a step and a
 * minimum, so that a weight is n * step + minimum.
 */
#ifndef TACIT_WORKSHOP_SHRINK_FEW_GROUP_H
#define TACIT_WORKSHOP_SHRINK_FEW_GROUP_H

#include "engine/tensor.h"

enum { FEW_GROUP_MAX = LM_GROUP };

/* How a kind holds its groups. */
struct few_form {
    enum tensor_kind kind;
    unsigned bits;
    size_t n; /* weights of a group: 32 or 64 */
};

struct few_group {
    uint8_t n[FEW_GROUP_MAX];
    float step, minimum; /* such as the kind can hold */
};

/* kind: any but TENSOR_INT8. */
struct few_form few_form_of(enum tensor_kind kind);

/* Sets the group to that, of those tried, with the least squared error, where weight i counts importance[i] times (NULL:
 * once). */
void few_fit(struct few_group *group, struct few_form form, const float *x,
             const float *importance);

/* The nearest number for a weight; *value: what the number stands for. */
unsigned few_nearest(const struct few_group *group, struct few_form form, float x, float *value);

/* Puts group number `index` of a row in its place; the tensor is of the form's kind. */
void few_store(struct tensor *tensor, size_t row, size_t index, struct few_form form,
               const struct few_group *group);

/* Gets a group from its place. */
void few_load(const struct tensor *tensor, size_t row, size_t index, struct few_form form,
              struct few_group *group);

/* Writes a matrix to one of the same sizes, of any kind but TENSOR_INT8, each weight to the nearest number. row: [n_columns] of room. */
void few_round_matrix(struct tensor *to, const struct tensor *from, float *row);

/* The nearest whole number to x, 0 .. 2^22, as roundf gives it, without its call. */
static inline float few_round(float x)
{
    return (float)(int32_t)(x + 0x1.fffffep-2f);
}

/* Fits a group of TENSOR_INT4. */
void few_fit_int4(struct tensor_int4_group *group, const float *x, const float *importance);

#endif
