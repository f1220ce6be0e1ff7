/* SPDX-License-Identifier: Apache-2.0
 *
 * Bit histories: one byte that stands for the bits seen in a context.
 *
 * Up to four bits are remembered exactly. Beyond, a state is (zeros, ones, last bit), with the
 * counts bounded: the smaller one count is, the larger the other may be, since long runs need fine
 * states and mixed histories do not. A bit also fades the count of its opposite if that is above
 * two, so that states follow data whose statistics drift. State 0 is the empty history. The states
 * are numbered in breadth-first order from it.
 */
#ifndef TACIT_PREDICT_BIT_HISTORY_H
#define TACIT_PREDICT_BIT_HISTORY_H

#include <stdint.h>

enum { BIT_HISTORY_STATES = 256 };

struct bit_history {
    uint8_t next[BIT_HISTORY_STATES][2]; /* the state after a bit */
    uint8_t n0[BIT_HISTORY_STATES];      /* about how many zeros */
    uint8_t n1[BIT_HISTORY_STATES];
};

void bit_history_init(struct bit_history *table);

#endif
