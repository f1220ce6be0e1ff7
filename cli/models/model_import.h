/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model import`: a model file becomes one that -m NAME finds. argv[0] is "import". Returns the process's exit
 * status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_IMPORT_H
#define TACIT_CLI_MODELS_MODEL_IMPORT_H

int cli_model_import(int argc, char **argv);

#endif
