/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/measure/eval.h"
#include "cli/measure/rank.h"
#include "cli/measure/report.h"
#include "cli/measure/surprise.h"
#include "cli/models/model.h"
#include "cli/records/anomalies.h"
#include "cli/records/detect.h"
#include "cli/records/select.h"
#include "cli/workshop/train.h"

#define COMMON_HELP                                                                                \
    "  -f, --force            replace existing files, follow links, read devices and\n"            \
    "                         pipes, write to a terminal\n"                                        \
    "  -q, --quiet            no warnings, no progress bar; -qq: no errors either\n"               \
    "  -v, --verbose          say more\n"                                                          \
    "  -T, --threads N        threads, 0: one for each processor (default); the result\n"          \
    "                         never depends on it\n"                                               \
    "  -m, --model NAME       language model: a name of 'tacit model list', or a file\n"           \
    "  -M, --memory LIMIT     allocate no more than LIMIT bytes (800M, 2G)\n"                      \
    "      --cpu FEATURES     use these processor features only; scalar for none\n"

#define OUTPUT_HELP                                                                                \
    "  -o, --output FILE      write to FILE ('-': standard output)\n"                              \
    "  -c, --stdout           write to standard output\n"

#define REMOVAL_HELP                                                                               \
    "  -k, --keep             keep the input (default)\n"                                          \
    "      --rm               remove the input when the output is safely on the disk\n"

static const struct command commands[] = {
    {"compress", 'z', true, false, command_compress, "[OPTION]... [FILE]...",
     "compress FILE to FILE.tct (the default)",
     "Standard input goes to standard output without FILE or for '-'. Archives put one\n"
     "after the other decompress as one.\n",
     "  -1 ... -9              fastest ... smallest, default -6\n"
     "      --fast             as -1: zstd instead of context models\n"
     "      --streams N        with a model: segments coded side by side, 1 smallest,\n"
     "                         128 fastest; by size unless given\n"
     "      --context N        with a model: tokens to look back on (2048)\n"
     "      --mix off          the model without context models: faster, larger\n"
     "      --no-model         context models only, where the level would use the built-in model\n"
     "      --block-size SIZE  bytes of content a block (1K to 1G); blocks are coded in\n"
     "                         parallel, read at random and recovered one by one\n"
     "      --verify           decompress and compare before success is reported\n" OUTPUT_HELP
         REMOVAL_HELP COMMON_HELP},
    {"decompress", 'd', true, false, command_decompress, "[OPTION]... [FILE.tct]...",
     "restore FILE from FILE.tct",
     "Standard input goes to standard output without FILE or for '-'. Every checksum is\n"
     "verified; after a failure no file is left.\n",
     OUTPUT_HELP REMOVAL_HELP COMMON_HELP},
    {"test", 't', false, false, command_test, "[OPTION]... [FILE.tct]...", "verify archives",
     "Decompresses each FILE to nowhere, verifying every checksum.\n", COMMON_HELP},
    {"list", 'l', false, false, command_list, "[OPTION]... FILE.tct...",
     "show sizes, ratio and blocks", "Reads the index of each FILE and decompresses nothing.\n",
     "      --json             as one JSON document\n"
     "  -v, --verbose          each block too\n"
     "  -q, --quiet            no warnings; -qq: no errors either\n"},
    {"cat", '\0', true, true, command_cat, "[OPTION]... [FILE.tct]...",
     "write content, or a range of it, to standard output",
     "The content of all files is written one after the other.\n",
     "      --range FIRST-LAST only these bytes of each FILE, counted from 0, LAST\n"
     "                         included; FIRST-: to the end; -COUNT: the last COUNT\n"
     "                         bytes. Only the blocks that hold them are decoded\n" OUTPUT_HELP
         COMMON_HELP},
    {"recover", '\0', true, false, command_recover, "[OPTION]... FILE.tct -o OUTPUT",
     "restore what is left of a damaged archive",
     "Restores every block that is whole. Lost bytes become zeros, so that the others keep\n"
     "their places; their ranges are said on standard error, and the exit code is then 3.\n",
     OUTPUT_HELP COMMON_HELP},
    {"bench", '\0', false, false, command_bench, "[OPTION]... FILE...",
     "show sizes and speeds by level",
     "Compresses and decompresses each FILE in memory, and compares.\n",
     "      --levels A-B       these levels (default: the one given, else 1-9)\n"
     "  -1 ... -9              this level\n"
     "      --json             as one JSON document, for 'tacit report' too\n"
     "      --block-size SIZE  bytes of content a block\n" COMMON_HELP},
};

static const struct tool tools[] = {
    {"model", cli_model, "list, show, fetch and import language models"},
    {"eval", cli_eval, "bits per byte of models and compressors on texts"},
    {"surprise", cli_surprise, "where in a text the bits go"},
    {"anomalies", cli_anomalies, "lines that cost most against their kind"},
    {"detect", cli_detect, "how sure a model is of statements"},
    {"rank", cli_rank, "models on corpora, with intervals and their own weight"},
    {"select", cli_select, "choose training data by what it still teaches"},
    {"report", cli_report, "tables and plots of such results, as one page"},
    {"train", cli_train, "prepare text, train and evaluate a model"},
};

enum {
    N_COMMANDS = sizeof commands / sizeof commands[0],
    N_TOOLS = sizeof tools / sizeof tools[0],
};

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
        if (commands[i].letter == letter)
            return &commands[i];
    }
    return NULL;
}

const struct tool *tool_by_name(const char *name)
{
    for (size_t i = 0; i < N_TOOLS; i++) {
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    }
    return NULL;
}

void command_print_help(const struct command *command)
{
    if (command != NULL) {
        printf("Usage: tacit %s %s\n\nThe command '%s': %s.\n%s\n%s\n", command->name,
               command->usage, command->name, command->summary, command->about, command->options);
        printf("Everything else, exit codes too: man tacit\n");
        return;
    }
    printf("Usage: tacit [COMMAND] [OPTION]... [FILE]...\n\n"
           "Lossless compression by language model and context models. 'tacit FILE' makes\n"
           "FILE.tct, 'tacit -d FILE.tct' restores FILE.\n\nCommands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char letter[] = {'-', commands[i].letter, '\0'};
        printf("  %-2s  %-10s  %s\n", commands[i].letter == '\0' ? "" : letter, commands[i].name,
               commands[i].summary);
    }
    printf("\nTools for models:\n");
    for (size_t i = 0; i < N_TOOLS; i++)
        printf("      %-10s  %s\n", tools[i].name, tools[i].summary);
    printf("\nOptions of compress ('tacit COMMAND --help' for another's):\n\n%s"
           "  -h, --help             this page\n"
           "  -V, --version          version\n"
           "      --                 what follows are files\n\n"
           "Everything else, exit codes too: man tacit\n",
           commands[0].options);
}

enum exit_code command_each_file(struct arguments *arguments,
                                 enum exit_code (*run_one)(struct arguments *arguments,
                                                           const char *path))
{
    if (arguments->n_files == 0)
        return run_one(arguments, "-");
    enum exit_code worst = EXIT_CODE_OK;
    for (int i = 0; i < arguments->n_files; i++)
        worst = exit_code_worse(worst, run_one(arguments, arguments->files[i]));
    return worst;
}
