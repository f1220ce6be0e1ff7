/* SPDX-License-Identifier: Apache-2.0
 *
 * Context models that have read a reference. The first block that asks for a reading (a
 * configuration, and how much is read as which type) makes them; the blocks that follow use them
 * again.
 *
 *     { reference_models_take -> ... -> reference_models_give_back }*     from any thread
 */
#ifndef TACIT_METHODS_REFERENCE_REFERENCE_MODELS_H
#define TACIT_METHODS_REFERENCE_REFERENCE_MODELS_H

#include "methods/block_job.h"
#include "methods/reference/reference_data.h"
#include "methods/reference/reference_shelf.h"
#include "predict/context_mixer.h"

enum { REFERENCE_PARTS = 16 };

/* A reading, as a block states it (docs/format.md): the models learn the last 2^(15 + part) bytes
 * of the reference, or all, as content of a type; the bytes before these only take their places. */
struct reference_reading {
    enum content_type type;
    unsigned part; /* 0: all; below REFERENCE_PARTS */
};

/* Completes the configuration of models for content_size bytes of content behind the reference. */
void reference_models_configure(const struct tacit_reference *reference, uint32_t content_size,
                                const struct reference_reading *reading,
                                struct context_config *config);

/* The smallest part that holds n_bytes of the reference. */
unsigned reference_part_for(const struct tacit_reference *reference, uint64_t n_bytes);

/* How many bytes are learnt. */
uint32_t reference_n_learnt(const struct tacit_reference *reference, unsigned part);

struct reference_models {
    struct reference_kept kept;
    struct kernels kernels;
    struct context_mixer *cm; /* marked after the reference */
};

/* Whose state it is: the first word of a key. */
enum { REFERENCE_OF_CONTEXT = 1, REFERENCE_OF_LANGUAGE = 2 };

/* (*models)->cm has read the reference; the caller owns *models until it gives them back. config:
 * from reference_models_configure. watch: of the job that waits while the reference is read. Errors
 * as context_mixer_create, and TACIT_ERR_CANCELLED; *models is NULL then. */
enum tacit_status reference_models_take(const struct tacit_reference *reference,
                                        const struct context_config *config,
                                        const struct reference_reading *reading,
                                        const struct kernels *kernels, struct block_watch *watch,
                                        struct reference_models **models);

/* Has a predictor learn bytes that both sides know, as if they were coded. TACIT_ERR_CANCELLED. */
enum tacit_status reference_models_learn(struct context_mixer *cm, const uint8_t *data, size_t n,
                                         struct block_watch *watch);

/* models: NULL is allowed. */
void reference_models_give_back(const struct tacit_reference *reference,
                                struct reference_models *models);

/* Upper bound of the memory of a block with such a reading, with the states kept for others. 0 if
 * the configuration is out of range. */
uint64_t reference_models_memory(const struct context_config *config);

#endif
