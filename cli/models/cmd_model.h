/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model`: lists, shows, fetches and imports language models. argv[0] is "model". Returns the
 * process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_CMD_MODEL_H
#define TACIT_CLI_MODELS_CMD_MODEL_H

#include "cli/models/model_named.h"

int cli_model(int argc, char **argv);

#endif
