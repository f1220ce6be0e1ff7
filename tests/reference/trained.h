/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 10: a trained start.
 */
#ifndef TACIT_REFERENCE_TRAINED_H
#define TACIT_REFERENCE_TRAINED_H

#include "mixing.h"

/* table: 1, or 2 where words are codes; inputs, selectors: of each of the mixer's, its number in the table counted from 1, 0 if it has none. */
void begin_trained(struct mixer *mixer, struct refiner *refiner, int table, const uint32_t *choices,
                   const unsigned *inputs, const unsigned *selectors);

#endif
