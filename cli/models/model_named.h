/* SPDX-License-Identifier: Apache-2.0
 *
 * Models by name or file, as every command takes them.
 */
#ifndef TACIT_CLI_MODELS_MODEL_NAMED_H
#define TACIT_CLI_MODELS_MODEL_NAMED_H

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "tacit/model.h"

#define MODEL_LINKED "(linked in)" /* instead of a path */

/* Inspects the model of that name or file; "default" is the linked-in model. path
 * [TACIT_MODEL_PATH_MAX]: where it lies, for people. Errors as tacit_model_find and
 * tacit_model_inspect. */
enum tacit_status model_inspect_named(const char *name, char *path, struct tacit_model_info *info);

/* Reports that this model could not be read, with the hash if the file is damaged. */
enum exit_code fail_to_open_model(struct console *console, const char *name,
                                  enum tacit_status status);

/* Where the model of that name or file lies, for functions that read the file themselves: *found is path, or NULL for
 * the linked-in model. On failure reports why. */
enum exit_code model_path_named(struct console *console, const char *name,
                                char path[TACIT_MODEL_PATH_MAX], const char **found);

/* Opens the model of that name or file; "default" is the linked-in model. On failure reports why,
 * and *model is NULL. */
enum exit_code model_open_named(struct console *console, const char *name,
                                struct tacit_model **model);

#endif
