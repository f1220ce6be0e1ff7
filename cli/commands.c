/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of commands, and the help that follows from it. A new command is its file cmd_NAME.c, a row
 * here, and a paragraph of a manual page.
 */
#include "cli/base/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/archive/job.h"
#include "cli/measure/cmd_eval.h"
#include "cli/measure/cmd_rank.h"
#include "cli/measure/cmd_report.h"
#include "cli/measure/cmd_surprise.h"
#include "cli/models/cmd_model.h"
#include "cli/records/cmd_anomalies.h"
#include "cli/records/cmd_detect.h"
#include "cli/records/cmd_select.h"
#include "cli/workshop/cmd_generate.h"
#include "cli/workshop/cmd_inspect.h"
#include "cli/workshop/cmd_train.h"

static const struct command commands[] = {
    {"compress", 'z', "compress FILE to FILE.tct (the default)", command_compress, NULL,
     COMMAND_COMPRESS, true, false, "compress [OPTION]... [FILE]...",
     "Standard input goes to standard output without FILE or for '-'. Archives put one\n"
     "after the other decompress as one.\n"},
    {"decompress", 'd', "restore FILE from FILE.tct", command_decompress, NULL, COMMAND_DECOMPRESS,
     true, false, "decompress [OPTION]... [FILE.tct]...",
     "Standard input goes to standard output without FILE or for '-'. Every checksum is\n"
     "verified; after a failure no file is left.\n"},
    {"test", 't', "verify archives", command_test, NULL, COMMAND_TEST, false, false,
     "test [OPTION]... [FILE.tct]...",
     "Decompresses each FILE to nowhere, verifying every checksum.\n"},
    {"list", 'l', "show sizes, ratio and blocks", command_list, NULL, COMMAND_LIST, false, false,
     "list [OPTION]... FILE.tct...", "Reads the index of each FILE and decompresses nothing.\n"},
    {"cat", '\0', "write content, or a range of it, to standard output", command_cat, NULL,
     COMMAND_CAT, true, true, "cat [OPTION]... [FILE.tct]...",
     "The content of all files is written one after the other.\n"},
    {"recover", '\0', "restore what is left of a damaged archive", command_recover, NULL,
     COMMAND_RECOVER, true, false, "recover [OPTION]... FILE.tct -o OUTPUT",
     "Restores every undamaged block. Lost bytes become zeros, so that the others keep their\n"
     "places; standard error tells which ranges are lost, and the exit code is then 3.\n"},
    {"bench", '\0', "show sizes and speeds by level", command_bench, NULL, COMMAND_BENCH, false,
     false, "bench [OPTION]... FILE...",
     "Compresses and decompresses each FILE in memory, and compares.\n"},
    {.name = "model",
     .run = cli_model,
     .summary = "list, show, fetch, import and export language models"},
    {.name = "eval",
     .run = cli_eval,
     .summary = "bits per byte of models and compressors on texts"},
    {.name = "surprise", .run = cli_surprise, .summary = "bits that each part of a text costs"},
    {.name = "anomalies", .run = cli_anomalies, .summary = "lines that cost more than their kind"},
    {.name = "detect", .run = cli_detect, .summary = "how sure a model is of statements"},
    {.name = "rank", .run = cli_rank, .summary = "rank models on files, with intervals and sizes"},
    {.name = "select",
     .run = cli_select,
     .summary = "choose training data by what it still teaches"},
    {.name = "report",
     .run = cli_report,
     .summary = "tables and plots of such results, as one page"},
    {.name = "generate", .run = cli_generate, .summary = "text from a language model"},
    {.name = "inspect", .run = cli_inspect, .summary = "what is in a model"},
    {.name = "train", .run = cli_train, .summary = "prepare text, train and evaluate a model"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

const struct command *command_by_name(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

const struct command *command_by_letter(char letter)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (letter != '\0' && commands[i].letter == letter)
            return &commands[i];
    }
    return NULL;
}

const struct command *command_by_bit(enum command_bit bit)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (commands[i].bit == bit)
            return &commands[i];
    }
    return NULL;
}

static void print_commands(bool with_work)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char letter[] = {'-', commands[i].letter, '\0'};
        if ((commands[i].work != NULL) == with_work)
            printf("  %-2s  %-10s  %s\n", commands[i].letter == '\0' ? "" : letter,
                   commands[i].name, commands[i].summary);
    }
}

void command_print_help(const struct command *command)
{
    if (command != NULL) {
        struct command_line line = arguments_line(command);
        options_print_help(&line);
        return;
    }
    struct command_line line = arguments_line(command_by_bit(COMMAND_COMPRESS));
    printf("Usage: tacit [COMMAND] [OPTION]... [FILE]...\n\n"
           "Lossless compression by language model and context models. 'tacit FILE' makes\n"
           "FILE.tct, 'tacit -d FILE.tct' restores FILE.\n\nCommands:\n");
    print_commands(true);
    printf("\nFor models and measuring:\n");
    print_commands(false);
    printf("\nOptions of compress ('tacit COMMAND --help' for another's):\n\n");
    options_print_rows(&line);
    printf("      --                 what follows are files\n\n"
           "Everything else, exit codes too: man tacit\n");
}

enum exit_code command_each_file(struct arguments *arguments,
                                 enum exit_code (*run_one)(struct arguments *arguments,
                                                           const char *path))
{
    if (arguments->n_files == 0 && !arguments->is_expanded)
        return run_one(arguments, "-");
    enum exit_code worst = EXIT_CODE_OK;
    for (int i = 0; i < arguments->n_files; i++) {
        const char *path = arguments->files[i];
        arguments->kept_from_now =
            arguments->is_expanded ? arguments->kept_from[i] : job_base_name(path);
        worst = exit_code_worse(worst, run_one(arguments, path));
    }
    return worst;
}
