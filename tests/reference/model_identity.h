/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 2: a model's identity, with SHA-256 (FIPS 180-4).
 */
#ifndef TACIT_REFERENCE_MODEL_IDENTITY_H
#define TACIT_REFERENCE_MODEL_IDENTITY_H

#include "model_file.h"

/* Of the weights. header: of the model file, which has the shape's fields as bytes. */
void weights_identity(const struct model *model, const uint8_t *header, bool kinds,
                      uint8_t identity[32]);
/* Of weights and tokens. */
void archive_identity(const struct model *model, const uint8_t weights[32], uint8_t identity[32]);

#endif
