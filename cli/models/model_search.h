/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the model that an archive needs: the archive names the model by its identity, and this
 * searches the model directories for it.
 */
#ifndef TACIT_CLI_MODELS_MODEL_SEARCH_H
#define TACIT_CLI_MODELS_MODEL_SEARCH_H

#include "cli/base/arguments.h"

/* Call before the archive that begins with start[0 .. n) is decoded. If -m names no model, sets
 * arguments->codec.model to the installed model that the archive needs, or to NULL if the archive
 * needs none or the linked-in one, or no model fits. Costs some hundredths of a second for each
 * installed .tmodel file, and seconds for a .gguf file, which is opened only if no .tmodel fits.
 * main closes arguments->found_model. */
void model_search_for(struct arguments *arguments, const void *start, size_t n);

#endif
