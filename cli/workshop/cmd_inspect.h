/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit inspect`: what is in a model. argv[0] is "inspect". Returns the process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_WORKSHOP_CMD_INSPECT_H
#define TACIT_CLI_WORKSHOP_CMD_INSPECT_H

int cli_inspect(int argc, char **argv);

#endif
