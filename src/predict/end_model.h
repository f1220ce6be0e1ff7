/* SPDX-License-Identifier: Apache-2.0
 *
 * Predicts whether an item ends: the decisions of a walk down the byte trie that context models of
 * bytes cannot predict. Mixes the language model's prediction with the decisions of earlier walks
 * at the same node of the trie after the same bytes, and with whether an item ended where the longest
 * match is. Shared by all streams of a block.
 *
 * Per open end flag: end_predict, code, end_update.
 */
#ifndef TACIT_PREDICT_END_MODEL_H
#define TACIT_PREDICT_END_MODEL_H

#include <stdint.h>

#include "predict/components.h"
#include "predict/history.h"
#include "predict/inputs.h"
#include "predict/mixer.h"

enum { END_CONTEXTS = 8, END_HINT_INPUTS = 2 /* the first, of the language model */ };

enum { END_MATCHES = ITEM_MARKS * MATCH_LENGTH_KINDS * MATCH_MISS_KINDS };

struct end_maps {
    uint32_t of[BIT_HISTORY_STATES]; /* adaptive probabilities by bit history */
};

struct end_model {
    const struct input_tables *tables;
    uint8_t *histories; /* [END_CONTEXTS][1 << log2] bit histories, by hash */
    unsigned log2;
    struct end_maps *maps; /* [END_CONTEXTS] */
    uint32_t *by_match;    /* [END_MATCHES] adaptive probabilities */
    uint8_t *history[END_CONTEXTS];
    uint32_t *match;
    struct mixer mixer;
    struct mixer_stream mixer_stream;
};

/* An open end flag. */
struct end_place {
    uint32_t node;              /* the open decision, walk.split */
    uint32_t n_spelled;         /* bytes of the item so far */
    const struct history *past; /* of its stream */
    const struct match_view *match;
};

/* memory_log2: of the context mixer; the model takes about a thirtieth of that. */
void end_model_lay_out(struct end_model *model, struct arena *arena,
                       const struct input_tables *tables, unsigned memory_log2,
                       const struct kernels *kernels);

/* The probability, a 32-bit fraction, that the item goes on. stretch: the language model's
 * prediction. */
uint32_t end_predict(struct end_model *model, const struct end_place *place, float stretch);

void end_update(struct end_model *model, int bit);

#endif
