/* SPDX-License-Identifier: Apache-2.0
 *
 * A language model and the context models beside it that have read a reference (tacit/reference.h). They read it
 * once. Their state after that lies on the reference's shelf for the next block of the same kind.
 *
 *     reference_language_take -> they read it (language_primer.h) -> ... -> reference_language_give_back
 */
#ifndef TACIT_METHODS_REFERENCE_REFERENCE_LANGUAGE_H
#define TACIT_METHODS_REFERENCE_REFERENCE_LANGUAGE_H

#include "engine/lm.h"
#include "methods/reference/reference_models.h"
#include "model/open_model.h"

enum {
    REFERENCE_MODEL_PARTS = 16,
    REFERENCE_MODEL_SHIFT = 9, /* the language model reads 2^(this + part) bytes */
};

struct reference_language_reading {
    unsigned part, model_part; /* of context models and language model */
    uint32_t first_token;
    bool versed; /* the context models learn all of it as tokens: */
    uint32_t n_learnt;
};

struct reference_language {
    struct reference_kept kept;
    struct kernels kernels;
    struct context_mixer *cm;
    struct lm_state *lm;
    bool has_read;
    /* Their state after the reference: */
    uint8_t *context_mixer_saved, *lm_saved;
    float *bias;     /* of the token distribution, [n_tokens] */
    float *logits;   /* [readers.stride], for the first item, if before is LM_NO_TOKEN */
    uint32_t before; /* the reference's last token, LM_NO_TOKEN if that was a bare byte */
};

/* Errors as context_mixer_create and lm_state_create; *language is NULL then. */
enum tacit_status
reference_language_take(const struct tacit_reference *reference, const struct tacit_model *model,
                        const struct reference_language_reading *reading,
                        const struct context_config *config, const struct lm_options *options,
                        const struct kernels *kernels, struct reference_language **language);

/* Frees language if it has not read all of the reference. NULL is allowed. */
void reference_language_give_back(const struct tacit_reference *reference,
                                  struct reference_language *language);

/* Memory beside one set of both models' memory, which is n_models. */
uint64_t reference_language_memory(const struct tacit_model *model,
                                   const struct reference_language_reading *reading,
                                   uint64_t n_models);

#endif
