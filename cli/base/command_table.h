/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command line's parser and the help know of a command. The table itself is cli/commands.c.
 */
#ifndef TACIT_CLI_BASE_COMMAND_TABLE_H
#define TACIT_CLI_BASE_COMMAND_TABLE_H

#include <stdbool.h>

#include "cli/base/exit_codes.h"

struct arguments;

struct command {
    const char *name;
    char letter;      /* the option that means the same; '\0': none */
    bool has_output;  /* takes -o */
    bool joins_files; /* -o may go with several inputs */
    enum exit_code (*run)(struct arguments *arguments);
    const char *usage;   /* what follows "tacit NAME" */
    const char *summary; /* a few words */
    const char *about;   /* a sentence or two more, in lines */
    const char *options; /* in lines */
};

enum exit_code command_compress(struct arguments *arguments);
enum exit_code command_decompress(struct arguments *arguments);
enum exit_code command_test(struct arguments *arguments);
enum exit_code command_list(struct arguments *arguments);
enum exit_code command_cat(struct arguments *arguments);
enum exit_code command_recover(struct arguments *arguments);
enum exit_code command_bench(struct arguments *arguments);

/* NULL if there is none. */
const struct command *command_by_name(const char *name);
const struct command *command_by_letter(char letter);

/* The workbench around models: its tools take their own arguments, argv[0] is the tool's name. */
struct tool {
    const char *name;
    int (*run)(int argc, char **argv); /* returns the exit code */
    const char *summary;
};

/* NULL if there is none. */
const struct tool *tool_by_name(const char *name);

#endif
