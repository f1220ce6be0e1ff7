/* SPDX-License-Identifier: Apache-2.0
 *
 * Predicts whether an item ends: the decisions of a walk down the byte trie that context models of
 * bytes cannot predict. Mixes the language model's prediction with the decisions of earlier walks
 * at the same node of the trie after the same bytes. Shared by all streams of a block.
 *
 * Per open end flag: end_predict, code, end_update.
 */
#ifndef TACIT_PREDICT_END_MODEL_H
#define TACIT_PREDICT_END_MODEL_H

#include <stdint.h>

#include "predict/history.h"
#include "predict/inputs.h"
#include "predict/mixer.h"

enum { END_CONTEXTS = 7, END_HINT_INPUTS = 2 /* the first, of the language model */ };

struct end_model {
    const struct input_tables *tables;
    uint32_t *maps; /* [END_CONTEXTS][1 << log2] adaptive probabilities, by hash */
    unsigned log2;
    uint32_t *entry[END_CONTEXTS];
    struct mixer mixer;
    struct mixer_stream mixer_stream;
};

/* memory_log2: of the context mixer; the model takes about a thirtieth of that. */
void end_model_lay_out(struct end_model *model, struct arena *arena,
                       const struct input_tables *tables, unsigned memory_log2,
                       const struct kernels *kernels);

/* The probability, a 32-bit fraction, that the item goes on. node: the open decision, walk.split;
 * n_spelled: bytes of the item so far; history: its stream's; stretch: the language model's
 * prediction. */
uint32_t end_predict(struct end_model *model, uint32_t node, uint32_t n_spelled,
                     const struct history *history, float stretch);

void end_update(struct end_model *model, int bit);

#endif
