/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds groups of 32 weights to 4 bits with a scale and a minimum (struct tensor_int4_group).
 */
#ifndef TACIT_WORKSHOP_SHRINK_INT4_GROUP_H
#define TACIT_WORKSHOP_SHRINK_INT4_GROUP_H

#include "engine/tensor.h"

/* Sets the scale and minimum, of those tried, with the least squared error, where weight i counts
 * importance[i] times (NULL: once). Each weight is rounded to the nearest value; scale and minimum
 * are rounded to binary16. */
void int4_group_fit(struct tensor_int4_group *group, const float *x, const float *importance);

/* The nearest number, 0 .. 15, for a weight; *value: the value that the number stands for. */
unsigned int4_nearest(const struct tensor_int4_group *group, float x, float *value);

#endif
