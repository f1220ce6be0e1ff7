/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit detect`: how sure a language model is of statements. argv[0] is "detect". Returns the
 * process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_RECORDS_CMD_DETECT_H
#define TACIT_CLI_RECORDS_CMD_DETECT_H

int cli_detect(int argc, char **argv);

#endif
