/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model recover`: trains a damaged model on text. argv[0] is "recover". Returns the process's
 * exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_RECOVER_H
#define TACIT_CLI_MODELS_MODEL_RECOVER_H

int cli_model_recover(int argc, char **argv);

#endif
