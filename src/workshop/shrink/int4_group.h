/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds groups of 32 weights to 4 bits with a scale and a minimum (struct tensor_int4_group).
 */
#ifndef TACIT_WORKSHOP_SHRINK_INT4_GROUP_H
#define TACIT_WORKSHOP_SHRINK_INT4_GROUP_H

#include "engine/tensor.h"

/* The scale and minimum that lose least, of those that were tried: each weight rounds to the nearest, its squared error
 * counts importance[i] times (NULL: once), and both numbers are what binary16 makes of them. */
void int4_group_fit(struct tensor_int4_group *group, const float *x, const float *importance);

/* The nearest number, 0 .. 15, for a weight; *value: what it stands for. */
unsigned int4_nearest(const struct tensor_int4_group *group, float x, float *value);

#endif
