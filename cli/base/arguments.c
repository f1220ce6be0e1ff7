/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/arguments.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/command_table.h"
#include "cli/base/kv_name.h"

/* "6" or "1-9". */
static bool take_levels(void *options, const struct option_row *row, const char *text)
{
    struct arguments *arguments = options;
    size_t n = strlen(text);
    (void)row;
    if (n != 1 && (n != 3 || text[1] != '-'))
        return false;
    arguments->first_level = text[0] - '0';
    arguments->last_level = text[n - 1] - '0';
    return arguments->first_level >= TACIT_LEVEL_MIN && arguments->last_level <= TACIT_LEVEL_MAX &&
           arguments->first_level <= arguments->last_level;
}

static bool take_range(void *options, const struct option_row *row, const char *text)
{
    struct arguments *arguments = options;
    (void)row;
    arguments->has_range = range_parse(text, &arguments->range);
    return arguments->has_range;
}

static bool take_mix(void *options, const struct option_row *row, const char *text)
{
    struct arguments *arguments = options;
    (void)row;
    arguments->codec.unmixed = strcmp(text, "off") == 0;
    return arguments->codec.unmixed || strcmp(text, "on") == 0;
}

/* Only the library knows the names; the other fields of codec have been checked. */
static bool take_output(void *options, const struct option_row *row, const char *path)
{
    struct arguments *arguments = options;
    bool to_stdout = row->letter == 'c' || strcmp(path, "-") == 0;
    arguments->to_stdout = to_stdout;
    arguments->output_path = to_stdout ? NULL : path;
    return true;
}

static bool take_model(void *options, const struct option_row *row, const char *name)
{
    struct arguments *arguments = options;
    (void)row;
    arguments->model_name = name; /* NULL: --no-model */
    arguments->codec.no_model = name == NULL;
    return true;
}

static bool take_kv(void *options, const struct option_row *row, const char *name)
{
    (void)row;
    return kv_named(name, &((struct arguments *)options)->codec.kv);
}

static bool take_reference(void *options, const struct option_row *row, const char *path)
{
    struct arguments *arguments = options;
    (void)row;
    if (arguments->n_references == REFERENCES_MAX)
        return false;
    arguments->references[arguments->n_references++] = path;
    return true;
}

/* -1 ... -9, and --fast */
static bool take_level(void *options, const struct option_row *row, const char *digit)
{
    struct arguments *arguments = options;
    arguments->codec.level = row->kind == OPTION_DIGITS ? digit[0] - '0' : TACIT_LEVEL_MIN;
    arguments->level_given = true;
    return true;
}

/* -z, -d, -t and -l choose a command for a command line that names none. */
static bool take_command(void *options, const struct option_row *row, const char *value)
{
    struct arguments *arguments = options;
    const struct command *command = command_by_letter(row->letter);
    (void)value;
    if (arguments->is_named && command != arguments->command) {
        console_error(&arguments->console, NULL, "-%c does not go with the command '%s'",
                      row->letter, arguments->command->name);
        return false;
    }
    arguments->command = command;
    return true;
}

#define AT(field) offsetof(struct arguments, field)

enum {
    ENCODES = COMMAND_COMPRESS | COMMAND_BENCH,
    MAKES_FILES = COMMAND_COMPRESS | COMMAND_DECOMPRESS,
    WRITES = MAKES_FILES | COMMAND_CAT | COMMAND_RECOVER,
    NOT_LIST = 127 & ~COMMAND_LIST,
    TAKES_MANY = 127 & ~COMMAND_RECOVER,
};

static const struct option_row rows[] = {
    {NULL, '1', OPTION_DIGITS, COMMAND_COMPRESS, 0, 0, 0, NULL, NULL,
     "fastest ... smallest, default -6", take_level},
    {NULL, '1', OPTION_DIGITS, COMMAND_BENCH, 0, 0, 0, NULL, NULL, "this level", take_level},
    {"fast", 0, OPTION_TAKE, COMMAND_COMPRESS, 0, 0, 0, NULL, NULL,
     "as -1: zstd instead of context models", take_level},
    {"levels", 0, OPTION_TAKE, COMMAND_BENCH, 0, 0, 0, "A-B",
     "is a level or a range of levels such as 1-9",
     "these levels (default: the one given, else 1-9)", take_levels},
    {"streams", 0, OPTION_NUMBER, COMMAND_COMPRESS, AT(codec.n_streams), 1, TACIT_STREAMS_MAX, "N",
     "is a number of streams",
     "with a model: token sequences coded in lock-step; 1 is\n"
     "smallest, more are faster; by size unless given",
     NULL},
    {"context", 0, OPTION_NUMBER, COMMAND_COMPRESS, AT(codec.n_context), 1, TACIT_CONTEXT_MAX, "N",
     "is a number of tokens", "with a model: tokens that it looks back on (2048)", NULL},
    OPTION_ROW_KV(take_kv, ENCODES),
    OPTION_ROW_KV_KEEP(AT(codec.kv_keep), ENCODES),
    {"mix", 0, OPTION_TAKE, COMMAND_COMPRESS, 0, 0, 0, "on|off", "is 'on' or 'off'",
     "off: the model without context models: faster, larger", take_mix},
    {"no-model", 0, OPTION_TAKE, COMMAND_COMPRESS, 0, 0, 0, NULL, NULL,
     "context models only, where the level would use the\nlinked-in model", take_model},
    {"block-size", 0, OPTION_SIZE, ENCODES, AT(codec.block_size), TACIT_BLOCK_SIZE_MIN,
     TACIT_BLOCK_SIZE_MAX, "SIZE", "is a size from 1K to 1G",
     "bytes of content a block (1K to 1G); blocks are coded in\n"
     "parallel, read at random and recovered one by one",
     NULL},
    {"verify", 0, OPTION_SET, COMMAND_COMPRESS, AT(verify), 0, 0, NULL, NULL,
     "decompress and compare before success is reported", NULL},
    {"range", 0, OPTION_TAKE, COMMAND_CAT, 0, 0, 0, "RANGE",
     "is a range of bytes: FIRST-LAST, FIRST- or -COUNT",
     "only these bytes of each FILE: FIRST-LAST, counted from 0,\n"
     "LAST included; FIRST-: to the end; -COUNT: the last COUNT\n"
     "bytes. Only the blocks that hold them are decoded",
     take_range},
    {"json", 0, OPTION_SET, COMMAND_LIST | COMMAND_BENCH, AT(as_json), 0, 0, NULL, NULL,
     "as one JSON document", NULL},
    {"output", 'o', OPTION_TAKE, WRITES, 0, 0, 0, "FILE", NULL,
     "write to FILE ('-': standard output)", take_output},
    {"stdout", 'c', OPTION_TAKE, WRITES, 0, 0, 0, NULL, NULL, "write to standard output",
     take_output},
    {"keep", 'k', OPTION_CLEAR, MAKES_FILES, AT(remove_input), 0, 0, NULL, NULL,
     "keep the input (default)", NULL},
    {"output-dir", 0, OPTION_TEXT, MAKES_FILES, AT(output_folder), 0, 0, "FOLDER", NULL,
     "make the outputs in FOLDER; a file that -r finds keeps its\nplace below the folder that was "
     "named",
     NULL},
    {"recursive", 'r', OPTION_SET, TAKES_MANY, AT(recursive), 0, 0, NULL, NULL,
     "take the files in folders and in their folders", NULL},
    {"files-from", 0, OPTION_TEXT, TAKES_MANY, AT(list_path), 0, 0, "LIST", NULL,
     "more files: names in the file LIST ('-': standard input),\none a line, or each ended by a "
     "zero byte",
     NULL},
    {"rm", 0, OPTION_SET, MAKES_FILES, AT(remove_input), 0, 0, NULL, NULL,
     "remove the input when the output is safely on the disk", NULL},
    {"force", 'f', OPTION_SET, NOT_LIST, AT(force), 0, 0, NULL, NULL,
     "replace existing files, follow links, read devices and\npipes, write to a terminal", NULL},
    OPTION_ROW_QUIET(struct arguments, console.verbosity),
    {"verbose", 'v', OPTION_MORE, 0, AT(console.verbosity), 0, 0, NULL, NULL,
     "show more; list: each block too", NULL},
    OPTION_ROW_PROGRESS(struct arguments, console.wants_lines),
    {"threads", 'T', OPTION_CAPPED, NOT_LIST, AT(codec.n_threads), 0, TACIT_THREADS_MAX, "N",
     "is a number of threads",
     "threads, 0: one for each processor (default); the result\nnever depends on it", NULL},
    {"model", 'm', OPTION_TAKE, NOT_LIST, 0, 0, 0, "NAME", NULL,
     "language model: a name of 'tacit model list', or a file", take_model},
    {"reference", 'D', OPTION_TAKE, NOT_LIST, 0, 0, 0, "FILE", "is given 64 times at most",
     "what both sides have: read before each block, and needed\n"
     "again to decompress; several are joined in order",
     take_reference},
    {"memory", 'M', OPTION_SIZE, NOT_LIST, AT(codec.memory_limit), 1, 0, "LIMIT",
     "is a size such as 800M or 2G", "allocate no more than LIMIT bytes (800M, 2G)", NULL},
    {"limit-size", 0, OPTION_SIZE, NOT_LIST & ~COMMAND_BENCH, AT(codec.content_limit), 1, 0,
     "LIMIT", "is a size such as 800M or 2G",
     "decoding: refuse a FILE with more content than LIMIT", NULL},
    OPTION_ROW_CPU(struct arguments, codec.cpu, NOT_LIST),
    {"compress", 'z', OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, NULL, take_command},
    {"decompress", 'd', OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, NULL, take_command},
    {"test", 't', OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, NULL, take_command},
    {"list", 'l', OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, NULL, take_command},
    OPTION_ROW_HELP(struct arguments, wants_help),
    {"version", 'V', OPTION_SET, 0, AT(wants_version), 0, 0, NULL, NULL, "version", NULL},
};

struct command_line arguments_line(const struct command *command)
{
    return (struct command_line){.name = command ? command->name : "",
                                 .usage = command ? command->usage : "",
                                 .about = command ? command->about : "",
                                 .rows = rows,
                                 .n_rows = sizeof rows / sizeof rows[0],
                                 .mask = command ? (unsigned)command->bit : 0,
                                 .manual = "tacit"};
}

/* The lowest level at which the command compresses; the highest level for commands that do not
 * compress. */
static int lowest_level(const struct arguments *arguments)
{
    if (arguments->command->bit == COMMAND_BENCH && arguments->first_level != 0)
        return arguments->first_level;
    bool encodes = (arguments->command->bit & (COMMAND_COMPRESS | COMMAND_BENCH)) != 0;
    return encodes ? arguments->codec.level : TACIT_LEVEL_MAX;
}

/* "the command 'cat'", "the commands 'list' and 'bench'": the commands that have the row. */
static void name_commands(char *text, size_t cap, unsigned mask)
{
    size_t n = 0;
    unsigned n_left = 0;
    for (unsigned bit = 1; bit <= COMMAND_BENCH; bit *= 2)
        n_left += (mask & bit) != 0;
    n += (size_t)snprintf(text, cap, "the command%s", n_left > 1 ? "s" : "");
    const char *before = " ";
    for (unsigned bit = 1; bit <= COMMAND_BENCH && n < cap; bit *= 2) {
        if (!(mask & bit))
            continue;
        n += (size_t)snprintf(text + n, cap - n, "%s'%s'", before,
                              command_by_bit((enum command_bit)bit)->name);
        before = --n_left == 1 ? " and " : ", ";
    }
}

/* Options of compress go with every command, so that a program may add -d to whatever it was given; others
 * are refused where they mean nothing. */
static enum exit_code check_rows(struct arguments *arguments, uint64_t given)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned mask = rows[i].commands;
        if (!(given >> i & 1) || mask == 0 || (mask & COMMAND_COMPRESS) ||
            (mask & (unsigned)arguments->command->bit))
            continue;
        char commands[128];
        name_commands(commands, sizeof commands, mask);
        console_error(&arguments->console, NULL, "--%s goes with %s only", rows[i].name, commands);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

/* Refuses combinations of options and words. */
static enum exit_code check_together(struct arguments *arguments)
{
    const struct command *command = arguments->command;
    const char *problem = NULL;
    if (arguments->output_path != NULL && !command->has_output)
        problem = "-o does not go with this command: it writes no file";
    else if (arguments->output_path != NULL && !command->joins_files &&
             (arguments->n_files > 1 || arguments->recursive || arguments->list_path))
        problem = "-o names one output, but there are several inputs; use -c to join them, or "
                  "--output-dir";
    else if (arguments->output_folder && (arguments->output_path || arguments->to_stdout))
        problem = "--output-dir does not go with -o and -c";
    else if (arguments->recursive && arguments->n_files == 0 && !arguments->list_path)
        problem = "-r: name a folder";
    else if (arguments->model_name != NULL && lowest_level(arguments) < TACIT_LEVEL_CONTEXT)
        problem = "-m goes with levels from -2 on: -1 is zstd alone";
    if (problem == NULL)
        return EXIT_CODE_OK;
    console_error(&arguments->console, NULL, "%s", problem);
    return EXIT_CODE_USAGE;
}

/* Parses the words of TACIT_OPT, which must be options of some command. They set defaults: a
 * command that has no use for an option ignores it. */
static bool parse_defaults(struct arguments *arguments, const struct command_line *command_line)
{
    enum { TEXT_MAX = 4096, WORDS_MAX = TEXT_MAX / 2 + 2 };
    static char text[TEXT_MAX], program[] = "tacit: TACIT_OPT"; /* values point into text */
    char *words[WORDS_MAX] = {program}, *rest;
    struct command_line line = *command_line;
    const struct command *command = arguments->command;
    const char *value = getenv("TACIT_OPT");
    int n_words = 1;
    line.source = "TACIT_OPT";
    if (!value)
        return true;
    if (strlen(value) >= sizeof text)
        return options_refuse(&arguments->console, &line, "is too long");
    memcpy(text, value, strlen(value) + 1);
    for (char *word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
        words[n_words++] = word;
    bool is_named = arguments->is_named;
    arguments->command = NULL;
    arguments->is_named = false;
    optind = 0;
    if (!options_parse(&line, arguments, &arguments->console, n_words, words, NULL))
        return false;
    bool only_options = optind == n_words;
    if (!only_options || arguments->command || arguments->to_stdout || arguments->output_path ||
        arguments->list_path || arguments->has_range || arguments->as_json ||
        arguments->wants_help || arguments->wants_version)
        return options_refuse(&arguments->console, &line,
                              "takes options such as -9, -T and --verify, no files, commands and "
                              "outputs");
    optind = 0;
    arguments->command = command;
    arguments->is_named = is_named;
    return true;
}

enum exit_code arguments_parse(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){0};
    console_init(&arguments->console);
    tacit_options_init(&arguments->codec);
    arguments->command = argc > 1 ? command_by_name(argv[1]) : NULL;
    arguments->is_named = arguments->command != NULL;
    struct command_line line = arguments_line(arguments->command);
    if (arguments->is_named) { /* getopt then takes the command's name for the program's name */
        argc--;
        argv++;
    }
    if (!parse_defaults(arguments, &line))
        return EXIT_CODE_USAGE;
    const char *default_model = arguments->model_name;
    static char program[] = "tacit";
    uint64_t given = 0;
    argv[0] = program; /* what getopt's own messages begin with */
    bool good = options_parse(&line, arguments, &arguments->console, argc, argv, &given);
    arguments->files = argv + optind;
    arguments->n_files = argc - optind;
    if (!good)
        return EXIT_CODE_USAGE;
    if (arguments->wants_help || arguments->wants_version)
        return EXIT_CODE_OK;
    if (arguments->command == NULL)
        arguments->command = command_by_bit(COMMAND_COMPRESS);
    if (arguments->model_name == default_model && lowest_level(arguments) < TACIT_LEVEL_CONTEXT)
        arguments->model_name = NULL; /* a default gives way to a level that takes none */
    enum exit_code code = check_rows(arguments, given);
    return code == EXIT_CODE_OK ? check_together(arguments) : code;
}
