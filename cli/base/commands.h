/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of subcommands. Each is a file cmd_NAME.c with one function, which does the work for
 * all files of the command line, reports failures, and returns the exit code.
 */
#ifndef TACIT_CLI_BASE_COMMANDS_H
#define TACIT_CLI_BASE_COMMANDS_H

#include "cli/base/arguments.h"
#include "cli/base/command_table.h"

/* Prints the page of --help: of one command with work, or, for NULL, of all. */
void command_print_help(const struct command *command);

/* Runs run_one for each file of the command line, or for "-" if there is none, and returns the
 * worst exit code. */
enum exit_code command_each_file(struct arguments *arguments,
                                 enum exit_code (*run_one)(struct arguments *arguments,
                                                           const char *path));

#endif
