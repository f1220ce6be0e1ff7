/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit generate`: text from a language model. argv[0] is "generate". Returns the process's exit status
 * (exit_codes.h).
 */
#ifndef TACIT_CLI_WORKSHOP_CMD_GENERATE_H
#define TACIT_CLI_WORKSHOP_CMD_GENERATE_H

int cli_generate(int argc, char **argv);

#endif
