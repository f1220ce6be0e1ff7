/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 9: whether an item ends.
 */
#ifndef TACIT_REFERENCE_ITEM_ENDS_H
#define TACIT_REFERENCE_ITEM_ENDS_H

#include "predictor.h"

struct ends;

struct ends *make_ends(unsigned memory);
/* The probability of a 1, that the item goes on. node: the first place behind a 0; n_known: bytes of the item. */
uint32_t predict_end(struct ends *ends, const struct predictor *predictor, uint32_t node,
                     uint32_t n_known, float stretch);
void learn_end(struct ends *ends, int bit);

#endif
