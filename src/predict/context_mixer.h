/* SPDX-License-Identifier: Apache-2.0
 *
 * The context-model predictor: many predictions of the next bit, mixed in the logistic domain. The
 * lineage is paq, lpaq and zpaq.
 *
 * Per bit, most significant first: p = cm_predict, code the bit with p, cm_update with the bit.
 * Encoder and decoder make the same calls and so pass through the same states, on any machine.
 *
 * A predictor starts empty; each independent block needs a new one. Creating a predictor takes time
 * in proportion to its memory (about 0.2 ms a MiB), so choose memory_log2 by the content's length
 * with cm_memory_log2_for. Not thread-safe for one handle; handles are independent.
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

struct cm;

/* Bytes that cm_create allocates, in one piece; 0 if the configuration is out of range. */
size_t cm_memory_needed(const struct cm_config *config);

/* *kernels must outlive the predictor. TACIT_ERR_ARGUMENT for a configuration out of range (it may
 * come from a file), TACIT_ERR_MEMORY. On failure *cm is NULL. */
enum tacit_status cm_create(struct cm **cm, const struct cm_config *config,
                            const struct kernels *kernels);

/* Tells, at a byte boundary, the content type of the following bytes; what was learnt stays. Before
 * the first call: the lowest type of the set, with rows of 4 bytes. TACIT_ERR_ARGUMENT, and no
 * change, if it is invalid or not of the configuration's set. */
enum tacit_status cm_set_content(struct cm *cm, const struct content *content);

/* Only for speed: says that the next n_bytes are of the present content and stream, and that only
 * cm_predict and cm_update are called for them. */
void cm_expect(struct cm *cm, size_t n_bytes);

/* Puts known bytes, at a byte boundary and before any content, into the history without learning
 * them: only the match models can find them. Quick: some ns a byte. */
void cm_skim(struct cm *cm, const uint8_t *data, size_t n_bytes);

/* The probability that the next bit is 1, as a 32-bit fraction: 1 .. 2^32 - 1. */
uint32_t cm_predict(struct cm *cm);

/* Tells the bit (0 or 1) that cm_predict predicted. */
void cm_update(struct cm *cm, int bit);

/* Selects the stream (0 .. n_streams - 1) of the calls that follow, at a byte boundary of the
 * stream before. All streams share what is learnt. start: where in the span the stream's bytes
 * begin; used at its first call. With one stream there is no need to call this. */
void cm_select_stream(struct cm *cm, unsigned stream, uint32_t start);

/* For the next cm_predict, if the configuration says hinted. */
void cm_set_hint(struct cm *cm, const struct cm_hint *hint);

/* For a bit that is known without coding, instead of cm_predict and cm_update: all but the mixer
 * and the hint's maps learn it. */
void cm_pass(struct cm *cm, int bit);

/* The same pair for a decision between bytes: whether an item of the language model goes on (1) or
 * ends (0). node: the decision of the vocabulary's trie; n_spelled: bytes of the item so far. Only
 * if the configuration says hinted, after cm_set_hint. */
uint32_t cm_predict_end(struct cm *cm, uint32_t node, uint32_t n_spelled);
void cm_update_end(struct cm *cm, int bit);

/* Of a hinted predictor: the mixer's result, before the refiner, from all its inputs, and with the
 * same weights from the language model's inputs alone and from the context models' alone.
 * Probabilities of a 1 as 32-bit fractions. */
struct cm_parts {
    uint32_t mixed, hint, context;
};

/* For measuring: call between cm_predict and cm_update, or, if at_end, between the pair for ends.
 * Changes nothing. */
void cm_predict_parts(const struct cm *cm, bool at_end, struct cm_parts *parts);

/* Saves all that the predictor has learnt and its place as cm_state_size bytes, and restores them,
 * in the same handle only. */
size_t cm_state_size(const struct cm *cm);
void cm_save(const struct cm *cm, uint8_t *state);
void cm_restore(struct cm *cm, const uint8_t *state);

/* Notes, once, what it is now, at a byte's end, for cm_rewind to come back to, any number of times. TACIT_ERR_MEMORY.
 * Of lean models for text and data that have a reference, coming back costs what was learnt since; of others what
 * copying cm_state_size bytes costs. */
enum tacit_status cm_mark(struct cm *cm);
void cm_rewind(struct cm *cm);

/* NULL is allowed. */
void cm_destroy(struct cm *cm);

#endif
