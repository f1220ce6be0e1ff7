/* SPDX-License-Identifier: Apache-2.0
 *
 * A model that has not learned anything yet.
 */
#ifndef TACIT_WORKSHOP_RECOVER_NEW_MODEL_H
#define TACIT_WORKSHOP_RECOVER_NEW_MODEL_H

#include "model/model_file.h"

/* Of a configuration's sizes, with random weights; its tokens are those of the file. *bad_line: of the configuration, or 0.
 * TACIT_ERR_IO (errno), TACIT_ERR_ARGUMENT: the configuration is wrong; TACIT_ERR_MODEL_WRONG: it has another number of tokens than
 * the file, or the file's model is not of tacit's own shape; TACIT_ERR_UNSUPPORTED: a size that has to be a multiple of
 * 64 is not; TACIT_ERR_MEMORY. */
enum tacit_status new_model(struct lm_model **made, const char *config_path,
                            const struct model_file *tokens, uint64_t seed, int *bad_line);

#endif
