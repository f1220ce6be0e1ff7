/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model quantize`: a model's weights in 4 bits. argv[0] is "quantize". Returns the process's exit status
 * (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_MODEL_QUANTIZE_H
#define TACIT_CLI_MODELS_MODEL_QUANTIZE_H

int cli_model_quantize(int argc, char **argv);

#endif
