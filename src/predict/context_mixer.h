/* SPDX-License-Identifier: Apache-2.0
 *
 * The context-model predictor: many predictions of the next bit, mixed in the logistic domain. The
 * lineage is paq, lpaq and zpaq.
 *
 * Per bit, most significant first: p = context_mixer_predict, code the bit with p, context_mixer_update with the bit.
 * Encoder and decoder make the same calls and so pass through the same states, on any machine.
 *
 * A predictor starts empty; each independent block needs a new one. Creating a predictor takes time
 * in proportion to its memory (about 0.2 ms a MiB), so choose memory_log2 by the content's length
 * with context_memory_log2_for. Not thread-safe for one handle; handles are independent.
 */
#ifndef TACIT_PREDICT_CONTEXT_MIXER_H
#define TACIT_PREDICT_CONTEXT_MIXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/content_type.h"
#include "kernels/kernels.h"
#include "predict/context_config.h"
#include "tacit/status.h"

struct context_mixer;

/* Bytes that context_mixer_create allocates, in one piece; 0 if the configuration is out of range. */
size_t context_mixer_memory_needed(const struct context_config *config);

/* *kernels must outlive the predictor. TACIT_ERR_ARGUMENT for a configuration out of range (it may
 * come from a file), TACIT_ERR_MEMORY. On failure *cm is NULL. */
enum tacit_status context_mixer_create(struct context_mixer **cm,
                                       const struct context_config *config,
                                       const struct kernels *kernels);

/* Tells, at a byte boundary, the content type of the following bytes; what was learnt stays. Before
 * the first call: the lowest type of the set, with rows of 4 bytes. TACIT_ERR_ARGUMENT, and no
 * change, if it is invalid or not of the configuration's set. */
enum tacit_status context_mixer_set_content(struct context_mixer *cm,
                                            const struct content *content);

/* Only for speed: says that the next n_bytes are of the present content and stream, and that only
 * context_mixer_predict and context_mixer_update are called for them. */
void context_mixer_expect(struct context_mixer *cm, size_t n_bytes);

/* Puts known bytes, at a byte boundary and before any content, into the history without learning
 * them: only the match models can find them. Quick: some ns a byte. */
void context_mixer_skim(struct context_mixer *cm, const uint8_t *data, size_t n_bytes);

/* The probability that the next bit is 1, as a 32-bit fraction: 1 .. 2^32 - 1. */
uint32_t context_mixer_predict(struct context_mixer *cm);

/* Tells the bit (0 or 1) that context_mixer_predict predicted. */
void context_mixer_update(struct context_mixer *cm, int bit);

/* Selects the stream (0 .. n_streams - 1) of the calls that follow, at a byte boundary of the
 * stream before. All streams share what is learnt. start: where in the span the stream's bytes
 * begin; used at its first call. With one stream there is no need to call this. */
void context_mixer_select_stream(struct context_mixer *cm, unsigned stream, uint32_t start);

/* For the next context_mixer_predict, if the configuration says hinted. */
void context_mixer_set_hint(struct context_mixer *cm, const struct context_hint *hint);

/* For a bit that is known without coding, instead of context_mixer_predict and context_mixer_update: all but the mixer
 * and the hint's maps learn it. */
void context_mixer_pass(struct context_mixer *cm, int bit);

/* Around the bits and ends of each item of the language model, whose n_bytes bytes the selected stream then has taken in.
 * Only if the configuration says hinted. */
void context_mixer_begin_item(struct context_mixer *cm);

/* Only for speed, behind context_mixer_begin_item: says that a bit comes next, not an end. The components turn to its byte
 * now, so that their cache lines are fetched while the caller does something else. */
void context_mixer_turn(struct context_mixer *cm);

void context_mixer_end_item(struct context_mixer *cm, uint32_t n_bytes);

/* The same pair for a decision between bytes: whether an item of the language model goes on (1) or
 * ends (0). node: the decision of the vocabulary's trie; n_spelled: bytes of the item so far. Only
 * if the configuration says hinted, after context_mixer_set_hint. */
uint32_t context_mixer_predict_end(struct context_mixer *cm, uint32_t node, uint32_t n_spelled);
void context_mixer_update_end(struct context_mixer *cm, int bit);

/* Of a hinted predictor: the mixer's result, before the refiner, from all its inputs, and with the
 * same weights from the language model's inputs alone and from the context models' alone.
 * Probabilities of a 1 as 32-bit fractions. */
struct context_mixer_parts {
    uint32_t mixed, hint, context;
};

/* For measuring: call between context_mixer_predict and context_mixer_update, or, if at_end, between the pair for ends.
 * Changes nothing. */
void context_mixer_predict_parts(const struct context_mixer *cm, bool at_end,
                                 struct context_mixer_parts *parts);

/* Saves all that the predictor has learnt and its place as context_mixer_state_size bytes, and restores them,
 * in the same handle only. */
size_t context_mixer_state_size(const struct context_mixer *cm);
void context_mixer_save(const struct context_mixer *cm, uint8_t *state);
void context_mixer_restore(struct context_mixer *cm, const uint8_t *state);

/* Notes, once, the state at a byte's end, to which context_mixer_rewind comes back any number of
 * times. TACIT_ERR_MEMORY.
 * Of lean models for text and data that have a reference, coming back costs what was learnt since; of others what
 * copying context_mixer_state_size bytes costs. */
enum tacit_status context_mixer_mark(struct context_mixer *cm);
void context_mixer_rewind(struct context_mixer *cm);

/* NULL is allowed. */
void context_mixer_destroy(struct context_mixer *cm);

#endif
