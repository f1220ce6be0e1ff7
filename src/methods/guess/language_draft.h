/* SPDX-License-Identifier: Apache-2.0
 *
 * The linked-in model guesses for a large one that decodes one stream. It reads all that was decoded,
 * as tokens of its own, and continues the chain of guesses (language_guess.h) by its likeliest tokens
 * as long as these are likely to be right. A pass of it takes about a fiftieth of a pass of SmolLM2-135M.
 *
 *     language_draft_choose -> language_draft_lay_out -> language_draft_start
 *         -> { language_draft_note each item | language_draft_continue before a pass }* -> language_draft_stop
 *
 * Drafts depend on what was decoded, never on time.
 */
#ifndef TACIT_METHODS_GUESS_LANGUAGE_DRAFT_H
#define TACIT_METHODS_GUESS_LANGUAGE_DRAFT_H

#include "methods/guess/language_guess.h"
#include "methods/plan.h"
#include "model/open_model.h"

/* A token that may come next. */
struct draft_token {
    uint32_t token, probability; /* of GUESS_ONE */
};

struct language_draft {
    const struct tacit_model *model;      /* the one that drafts; NULL: none */
    const struct tokenizer *to_tokenizer; /* of the model that guesses are for */
    const struct kernels *kernels;
    struct lm_state *lm;
    float *logits;             /* [LM_BATCH][stride] */
    uint32_t *mass;            /* [tokens], padded */
    uint32_t unread[LM_BATCH]; /* what was decoded and the model has not read */
    uint32_t n_unread;
    struct draft_token next; /* after all that it has read */
};

/* Sets model, to_tokenizer and kernels: whether a decoder with the plan drafts for that model. */
void language_draft_choose(struct language_draft *draft, const struct codec_plan *plan,
                           const struct tacit_model *model, uint32_t n_streams);

void language_draft_lay_out(struct language_draft *draft, struct arena *arena);

/* Beside what lay_out takes, the weights included. */
enum tacit_status language_draft_memory(const struct language_draft *draft, uint64_t *n_bytes);

/* TACIT_ERR_MEMORY, TACIT_ERR_THREAD. Does nothing without a model, as the functions below. */
enum tacit_status language_draft_start(struct language_draft *draft, uint32_t cpu_features);
void language_draft_stop(struct language_draft *draft);

/* Notes the bytes of a decoded item. */
enum tacit_status language_draft_note(struct language_draft *draft, struct byte_view bytes);

/* Adds guesses to those that the stream's next pass has. The guess has not been read beyond its last token. */
enum tacit_status language_draft_continue(struct language_draft *draft,
                                          const struct language_guesser *guesser,
                                          struct language_guess *guess);

#endif
