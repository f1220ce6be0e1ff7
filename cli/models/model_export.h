/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model export`: a model as a GGUF file. argv[0] is "export". Returns the process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_EXPORT_H
#define TACIT_CLI_MODELS_MODEL_EXPORT_H

int cli_model_export(int argc, char **argv);

#endif
