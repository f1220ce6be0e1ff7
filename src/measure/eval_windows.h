/* SPDX-License-Identifier: Apache-2.0
 *
 * How the conventions of tacit/eval.h cut n tokens into windows. Windows do not depend on each
 * other, so they can be scored in any order.
 */
#ifndef TACIT_MEASURE_EVAL_WINDOWS_H
#define TACIT_MEASURE_EVAL_WINDOWS_H

#include <stdbool.h>

#include "tacit/eval.h"

/* The model reads the start token, if has_first, and tokens begin .. end - 2; tokens score .. end -
 * 1 are scored. Without a start token, score is at least begin + 1. */
struct eval_window {
    size_t begin, score, end;
    bool has_first;
};

struct eval_cut {
    enum tacit_eval_convention convention;
    size_t window, stride;
    bool has_first; /* there is a start token */
};

size_t eval_n_windows(const struct eval_cut *cut, size_t n_tokens);

/* index: below eval_n_windows. */
struct eval_window eval_window_at(const struct eval_cut *cut, size_t n_tokens, size_t index);

/* Positions that the longest window of n tokens takes. */
size_t eval_window_positions(const struct eval_cut *cut, size_t n_tokens);

#endif
