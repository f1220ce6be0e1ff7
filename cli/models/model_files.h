/* SPDX-License-Identifier: Apache-2.0
 *
 * The model files that are installed: those of every model directory (tacit/model.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_FILES_H
#define TACIT_CLI_MODELS_MODEL_FILES_H

#include <stdbool.h>

enum { MODEL_NAME_CAP = 256 };

/* Splits the name of a model file, given without its folder; false: no model file's name, or too
 * long. */
bool model_file_split(const char *file, char name[MODEL_NAME_CAP], const char **suffix);

/* name: the model's, without the suffix; suffix: ".tmodel" or ".gguf"; path: where the file is. */
typedef void model_file_fn(void *context, const char *name, const char *suffix, const char *path);

/* Calls visit for each of them, directory after directory, by name. */
void model_files_visit(model_file_fn *visit, void *context);

#endif
