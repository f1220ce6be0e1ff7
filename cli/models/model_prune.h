/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model prune`: a model without a part of another's weights. argv[0] is "prune". Returns the process's
 * exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_PRUNE_H
#define TACIT_CLI_MODELS_MODEL_PRUNE_H

int cli_model_prune(int argc, char **argv);

#endif
