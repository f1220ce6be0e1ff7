/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model prime`: what a model knows after it has read a text, as a file. argv[0] is "prime". Returns the process's
 * exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_MODELS_PRIME_MODEL_PRIME_H
#define TACIT_CLI_MODELS_PRIME_MODEL_PRIME_H

int cli_model_prime(int argc, char **argv);

#endif
