/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a command that makes a model puts it.
 */
#ifndef TACIT_CLI_MODELS_MODEL_OUTPUT_H
#define TACIT_CLI_MODELS_MODEL_OUTPUT_H

#include <stdbool.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "tacit/model.h"

/* given: a name, which becomes a file among the installed models, or a .tmodel file. Refuses a file that
 * exists, unless force. Failures are reported. */
enum exit_code model_output_find(struct console *console, const char *given, bool force,
                                 char path[TACIT_MODEL_PATH_MAX]);

/* Tells how the making of path from the model `name` ended, which may have read calibration texts. */
enum exit_code model_output_end(struct console *console, const char *name, const char *path,
                                enum tacit_status status);

#endif
