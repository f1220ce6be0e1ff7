/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives find their models by themselves: an archive names the model that it needs by its identity, and the model
 * directories are searched for that.
 */
#ifndef TACIT_CLI_MODELS_MODEL_SEARCH_H
#define TACIT_CLI_MODELS_MODEL_SEARCH_H

#include "cli/base/arguments.h"

/* Before the archive that begins with start[0 .. n) is decoded: where -m names no model, sets arguments->codec.model
 * to the installed model that the archive needs, and to NULL where it needs none, needs the linked-in one, or none
 * fits. Costs some hundredths of a second for each installed .tmodel file, and seconds for a .gguf file, which is
 * opened only if no .tmodel fits. main closes arguments->found_model. */
void model_search_for(struct arguments *arguments, const void *start, size_t n);

#endif
