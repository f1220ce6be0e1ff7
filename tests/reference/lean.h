/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 9: what predicts the general group of a lean block.
 */
#ifndef TACIT_REFERENCE_LEAN_H
#define TACIT_REFERENCE_LEAN_H

#include "component.h"

struct lean;

/* n_reference: bytes of the reference, 0 without one. */
struct lean *make_lean(unsigned memory, uint64_t n_reference);

uint32_t lean_predict_bit(struct lean *lean, const struct seen *seen);

/* Before a byte that only takes its place. */
void lean_pass(struct lean *lean, const struct seen *seen);

/* Before seen takes in the bit. */
void lean_learn_bit(struct lean *lean, int bit);

#endif
