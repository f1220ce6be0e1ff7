/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a language block's coder, shared by language_block.c (who makes it) and
 * language_rounds.c (who walks the segments).
 *
 * Items are coded in rounds: the model reads what comes before some items of some segments, then
 * these are coded, segment after segment. The order of coding is the same whoever reads: where a
 * processor is idle, a second thread reads for one round while the first codes the round before it.
 * An encoder knows all items, and its next round can always be read. A decoder knows an item only
 * when it is decoded: it parts the segments in two halves that take turns.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_CODER_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_CODER_H

#include "base/crew.h"
#include "engine/lm.h"
#include "methods/block.h"
#include "methods/language/language_layout.h"
#include "methods/language/token_coder.h"
#include "token/tokenizer.h"

enum { LANGUAGE_ROUNDS = 2 }; /* one is read while the other is coded */

/* One segment's place. */
struct language_segment {
    uint32_t at, end;    /* in the block's content: done, and where it ends */
    uint32_t before;     /* the token just coded, LM_NO_TOKEN if that was a bare byte */
    const float *logits; /* for the item that comes now */
    const float *next;   /* of this round's rows: after `before` */
    float *kept;         /* room for a row that outlives its round */
    /* Encoder: */
    const uint32_t *items, *stop; /* what is left of it as items */
    const uint32_t *planned;      /* of these, the first that is in no round yet */
    uint32_t planned_before;      /* the token before that one, as `before` */
};

struct language_round {
    uint32_t first, end; /* streams */
    size_t n_inputs;
    struct lm_input *inputs;
    float *logits;                           /* [n_inputs][logit_stride] */
    const float *rows[LANGUAGE_STREAMS_MAX]; /* in them: each stream's first */
    enum tacit_status status;                /* of reading */
};

/* Encoder or decoder of one block: the same walk over the same segments. */
struct language_coder {
    struct block_job *job;
    const struct tacit_model *model;
    const struct tokenizer *tokenizer;
    size_t logit_stride;
    struct language_layout layout;
    struct token_coder token;
    struct lm_state *lm;
    struct crew *crew;      /* a coder and a reader; NULL: one thread does both */
    uint32_t *items;        /* encoder: of the whole block */
    size_t n_items, n_bare; /* encoder: n_bare of those done */
    uint32_t n_ahead;       /* items of each segment in a round */
    float *primer_logits;   /* NULL if no primer is read */
    void *memory;
    struct language_round rounds[LANGUAGE_ROUNDS]; /* without a crew: only the first is used */
    struct language_segment segments[LANGUAGE_STREAMS_MAX];
};

/* A bare byte is none of the model's tokens: the model does not see it. */
uint32_t language_token_of(const struct language_coder *coder, uint32_t item);

/* Logits that a segment needs again, because its last item was a bare byte, are kept. */
void language_keep_logits(const struct language_coder *coder, struct language_segment *segment);

/* Codes all segments. *given_up if an encoder's output has no room, or if it loses to its rival. */
enum tacit_status language_rounds_run(struct language_coder *coder, bool *given_up);

#endif
