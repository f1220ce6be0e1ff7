/* SPDX-License-Identifier: Apache-2.0
 *
 * Saves and restores what a tacit_learner (tacit/eval.h) has learnt, so that it can give costs
 * without learning; and tells the type that it takes its text for.
 */
#ifndef TACIT_MEASURE_LEARNER_STATE_H
#define TACIT_MEASURE_LEARNER_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "predict/context_mixer.h"
#include "tacit/eval.h"

/* The type of most of the first bytes, among the types that are made of words. */
struct content content_of_words(const uint8_t *data, size_t n);

size_t learner_state_size(const struct tacit_learner *learner);

/* state: [learner_state_size], for the same learner only. */
void learner_save(const struct tacit_learner *learner, uint8_t *state);
void learner_restore(struct tacit_learner *learner, const uint8_t *state);

#endif
