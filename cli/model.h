/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model`: lists, shows, fetches and imports language models. argv[0] is "model". Returns the
 * process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODEL_H
#define TACIT_CLI_MODEL_H

#include "exit_codes.h"
#include "tacit/model.h"

int cli_model(int argc, char **argv);

/* Opens the model of that name or file, "default" being the one linked in, or says why not; *model is
 * NULL then. */
enum exit_code model_open_named(struct console *console, const char *name,
                                struct tacit_model **model);

#endif
