/* SPDX-License-Identifier: Apache-2.0
 *
 * Language models from GGUF files of the architectures that docs/models.md lists.
 */
#ifndef TACIT_MODEL_LM_GGUF_H
#define TACIT_MODEL_LM_GGUF_H

#include "base/reason.h"
#include "engine/lm_model.h"
#include "gguf/gguf.h"

/* TACIT_ERR_UNSUPPORTED: another architecture, a feature that the engine lacks, or a key or tensor
 * that it does not use. TACIT_ERR_MODEL_DAMAGED: tensors are missing or of the wrong size, or
 * values are not finite. TACIT_ERR_MEMORY. On failure *model is NULL, and reason, unless NULL,
 * names what is at fault. */
enum tacit_status lm_model_from_gguf(struct lm_model **model, const struct gguf *gguf,
                                     struct reason *reason);

/* Makes of `from`, which lm_model_from_gguf made of the same file, a model whose matrices keep the numbers that the file
 * has for them where all its parts are Q4_0 or Q4_1: as TENSOR_INT4. The others stay int8. It is another model than
 * `from`, with its own identity. TACIT_ERR_UNSUPPORTED: there is no such matrix; others as above. */
enum tacit_status lm_model_as_stored(struct lm_model **model, const struct lm_model *from,
                                     const struct gguf *gguf, struct reason *reason);

/* Reads the shape alone, from which the model's memory follows. */
enum tacit_status lm_shape_from_gguf(struct lm_shape *shape, const struct gguf *gguf);

#endif
