/* SPDX-License-Identifier: Apache-2.0
 *
 * A model with a part of a layer silenced, so that the part adds nothing to what passes through, or rounded to few bits. It
 * shares all other tensors with the model, which must outlive it.
 */
#ifndef TACIT_WORKSHOP_INSPECT_SILENCED_H
#define TACIT_WORKSHOP_INSPECT_SILENCED_H

#include "engine/lm_model.h"

enum silenced_part { SILENCED_ATTENTION = 1, SILENCED_HIDDEN = 2 };

struct silenced {
    struct lm_model model;
    uint8_t *memory; /* of the tensors that differ */
};

/* parts: any of enum silenced_part; with both the layer passes its input on, where it would have mixed in the embedding
 * too. TACIT_ERR_MEMORY; on failure the caller has nothing to close. */
enum tacit_status silenced_open(struct silenced *silenced, const struct lm_model *model,
                                uint32_t layer, unsigned parts);

/* The same for one of n_parts equal parts of the layer's heads of queries. */
enum tacit_status silenced_open_heads(struct silenced *silenced, const struct lm_model *model,
                                      uint32_t layer, uint32_t part, uint32_t n_parts);

/* The parts' matrices are of `kind`, each weight rounded to the nearest number; those that would not be smaller stay. */
enum tacit_status silenced_open_rounded(struct silenced *silenced, const struct lm_model *model,
                                        uint32_t layer, unsigned parts, enum tensor_kind kind);

/* The same for a part of the heads as silenced_open_heads counts them: its columns of `out`, its rows of queries and, if keys
 * and values have as many parts, its rows of these. The rounded weights are kept as int8; matrices of other kinds stay. */
enum tacit_status silenced_open_heads_rounded(struct silenced *silenced,
                                              const struct lm_model *model, uint32_t layer,
                                              uint32_t part, uint32_t n_parts,
                                              enum tensor_kind kind);

void silenced_close(struct silenced *silenced);

/* Writes zeros to groups of 64 columns [begin, end) of each row of a matrix of any kind. */
void silenced_clear_columns(const struct tensor *matrix, size_t begin, size_t end);

#endif
