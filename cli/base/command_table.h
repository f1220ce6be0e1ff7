/* SPDX-License-Identifier: Apache-2.0
 *
 * A command as the parser and the help see it. The table itself is cli/commands.c.
 */
#ifndef TACIT_CLI_BASE_COMMAND_TABLE_H
#define TACIT_CLI_BASE_COMMAND_TABLE_H

#include <stdbool.h>

#include "cli/base/exit_codes.h"
#include "cli/base/option_table.h"

struct arguments;

/* The commands that work on archives share struct arguments and its rows; these are their bits there. */
enum command_bit {
    COMMAND_COMPRESS = 1,
    COMMAND_DECOMPRESS = 2,
    COMMAND_TEST = 4,
    COMMAND_LIST = 8,
    COMMAND_CAT = 16,
    COMMAND_RECOVER = 32,
    COMMAND_BENCH = 64,
};

struct command {
    const char *name;
    char letter;         /* the option that stands for the command; '\0': none */
    const char *summary; /* a few words */
    /* One of the two. The second takes a command line of its own, argv[0] being the command's name, and
     * returns the exit code. */
    enum exit_code (*work)(struct arguments *arguments);
    int (*run)(int argc, char **argv);
    /* With work: */
    enum command_bit bit;
    bool has_output;           /* takes -o */
    bool joins_files;          /* -o may go with several inputs */
    const char *usage, *about; /* as of struct command_line */
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
const struct command *command_by_bit(enum command_bit bit);

#endif
