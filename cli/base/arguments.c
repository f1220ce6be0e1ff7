/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/command_table.h"

/* Long options without a letter. */
enum {
    OPTION_RM = 256,
    OPTION_VERIFY,
    OPTION_FAST,
    OPTION_NO_MODEL,
    OPTION_MIX,
    OPTION_STREAMS,
    OPTION_CONTEXT,
    OPTION_BLOCK_SIZE,
    OPTION_RANGE,
    OPTION_JSON,
    OPTION_LEVELS,
    OPTION_CPU,
};

static const char short_options[] = "zdtlco:kfqvT:M:m:123456789hV";

static const struct option long_options[] = {
    {"compress", no_argument, NULL, 'z'},
    {"decompress", no_argument, NULL, 'd'},
    {"test", no_argument, NULL, 't'},
    {"list", no_argument, NULL, 'l'},
    {"stdout", no_argument, NULL, 'c'},
    {"output", required_argument, NULL, 'o'},
    {"keep", no_argument, NULL, 'k'},
    {"rm", no_argument, NULL, OPTION_RM},
    {"force", no_argument, NULL, 'f'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"threads", required_argument, NULL, 'T'},
    {"memory", required_argument, NULL, 'M'},
    {"block-size", required_argument, NULL, OPTION_BLOCK_SIZE},
    {"verify", no_argument, NULL, OPTION_VERIFY},
    {"fast", no_argument, NULL, OPTION_FAST},
    {"model", required_argument, NULL, 'm'},
    {"streams", required_argument, NULL, OPTION_STREAMS},
    {"context", required_argument, NULL, OPTION_CONTEXT},
    {"mix", required_argument, NULL, OPTION_MIX},
    {"no-model", no_argument, NULL, OPTION_NO_MODEL},
    {"range", required_argument, NULL, OPTION_RANGE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"levels", required_argument, NULL, OPTION_LEVELS},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static enum exit_code bad_value(struct arguments *arguments, const char *option, const char *value,
                                const char *wanted)
{
    console_error(&arguments->console, NULL, "%s: '%s' is not %s", option, value, wanted);
    return EXIT_CODE_USAGE;
}

static enum exit_code parse_threads(struct arguments *arguments)
{
    uint64_t n;
    if (!size_parse(optarg, &n) || n > 1024)
        return bad_value(arguments, "-T", optarg, "a number of threads from 0 (all) to 1024");
    arguments->codec.n_threads = (unsigned)n;
    return EXIT_CODE_OK;
}

static enum exit_code parse_memory(struct arguments *arguments)
{
    uint64_t *limit = &arguments->codec.memory_limit;
    if (!size_parse(optarg, limit) || *limit == 0)
        return bad_value(arguments, "--memory", optarg, "a size such as 800M or 2G");
    return EXIT_CODE_OK;
}

static enum exit_code parse_block_size(struct arguments *arguments)
{
    uint64_t *size = &arguments->codec.block_size;
    if (!size_parse(optarg, size) || *size < TACIT_BLOCK_SIZE_MIN || *size > TACIT_BLOCK_SIZE_MAX)
        return bad_value(arguments, "--block-size", optarg, "a size from 1K to 1G");
    return EXIT_CODE_OK;
}

static enum exit_code parse_range(struct arguments *arguments)
{
    if (!range_parse(optarg, &arguments->range))
        return bad_value(arguments, "--range", optarg,
                         "a range of bytes: FIRST-LAST, FIRST- or -COUNT");
    arguments->has_range = true;
    return EXIT_CODE_OK;
}

/* "6" or "1-9". */
static enum exit_code parse_levels(struct arguments *arguments)
{
    const char *text = optarg;
    size_t n = strlen(text);
    bool is_level = n == 1 || (n == 3 && text[1] == '-');
    if (is_level) {
        arguments->first_level = text[0] - '0';
        arguments->last_level = text[n - 1] - '0';
    }
    if (!is_level || arguments->first_level < TACIT_LEVEL_MIN ||
        arguments->last_level > TACIT_LEVEL_MAX || arguments->first_level > arguments->last_level)
        return bad_value(arguments, "--levels", text, "a level or a range of levels such as 1-9");
    return EXIT_CODE_OK;
}

static enum exit_code parse_count(struct arguments *arguments, const char *option,
                                  unsigned long max, unsigned *count)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(optarg, &end, 10);
    if (optarg[0] < '0' || optarg[0] > '9' || *end != 0 || errno != 0 || value == 0 || value > max)
        return bad_value(arguments, option, optarg, "a number in range");
    *count = (unsigned)value;
    return EXIT_CODE_OK;
}

static enum exit_code parse_mix(struct arguments *arguments)
{
    arguments->codec.unmixed = strcmp(optarg, "off") == 0;
    if (!arguments->codec.unmixed && strcmp(optarg, "on") != 0)
        return bad_value(arguments, "--mix", optarg, "'on' or 'off'");
    return EXIT_CODE_OK;
}

/* The library knows the names; everything else in codec has been checked. */
static enum exit_code parse_cpu(struct arguments *arguments)
{
    uint64_t n_bytes;
    arguments->codec.cpu = optarg;
    if (tacit_options_memory(&arguments->codec, &n_bytes) != TACIT_OK)
        return bad_value(arguments, "--cpu", optarg,
                         "'scalar' or a list such as avx2,avx512,vnni,amx or neon,dotprod");
    return EXIT_CODE_OK;
}

static void set_output(struct arguments *arguments, const char *path)
{
    arguments->to_stdout = strcmp(path, "-") == 0;
    arguments->output_path = arguments->to_stdout ? NULL : path;
}

/* -z, -d, -t and -l choose a command for a command line that names none. */
static enum exit_code choose_command(struct arguments *arguments, bool was_named, char letter)
{
    const struct command *command = command_by_letter(letter);
    if (was_named && command != arguments->command) {
        console_error(&arguments->console, NULL, "-%c does not go with the command '%s'", letter,
                      arguments->command->name);
        return EXIT_CODE_USAGE;
    }
    arguments->command = command;
    return EXIT_CODE_OK;
}

/* Options with a value. */
static enum exit_code apply_value(struct arguments *arguments, int option)
{
    switch (option) {
    case 'o':
        set_output(arguments, optarg);
        return EXIT_CODE_OK;
    case 'T':
        return parse_threads(arguments);
    case 'M':
        return parse_memory(arguments);
    case OPTION_BLOCK_SIZE:
        return parse_block_size(arguments);
    case OPTION_RANGE:
        return parse_range(arguments);
    case OPTION_LEVELS:
        return parse_levels(arguments);
    case OPTION_CPU:
        return parse_cpu(arguments);
    case 'm':
        arguments->model_name = optarg;
        arguments->codec.no_model = 0;
        return EXIT_CODE_OK;
    case OPTION_STREAMS:
        return parse_count(arguments, "--streams", TACIT_STREAMS_MAX, &arguments->codec.n_streams);
    case OPTION_MIX:
        return parse_mix(arguments);
    case OPTION_CONTEXT:
        return parse_count(arguments, "--context", TACIT_CONTEXT_MAX, &arguments->codec.n_context);
    default: /* getopt has said what is wrong */
        console_error(&arguments->console, NULL, "try 'tacit --help'");
        return EXIT_CODE_USAGE;
    }
}

/* Options that are a switch. False: it is none. */
static bool apply_switch(struct arguments *arguments, int option)
{
    switch (option) {
    case 'c':
        set_output(arguments, "-");
        return true;
    case 'k':
        arguments->remove_input = false;
        return true;
    case OPTION_RM:
        arguments->remove_input = true;
        return true;
    case 'f':
        arguments->force = true;
        return true;
    case 'q':
        arguments->console.verbosity--;
        return true;
    case 'v':
        arguments->console.verbosity++;
        return true;
    case OPTION_VERIFY:
        arguments->verify = true;
        return true;
    case OPTION_FAST:
        arguments->codec.level = TACIT_LEVEL_MIN;
        arguments->level_given = true;
        return true;
    case OPTION_NO_MODEL:
        arguments->model_name = NULL;
        arguments->codec.no_model = 1;
        return true;
    case OPTION_JSON:
        arguments->as_json = true;
        return true;
    case 'h':
        arguments->wants_help = true;
        return true;
    case 'V':
        arguments->wants_version = true;
        return true;
    default:
        return false;
    }
}

/* Of those that the command compresses at; the highest for commands that do not compress. */
static int lowest_level(const struct arguments *arguments)
{
    if (arguments->command->run == command_bench && arguments->first_level != 0)
        return arguments->first_level;
    bool encodes =
        arguments->command->run == command_compress || arguments->command->run == command_bench;
    return encodes ? arguments->codec.level : TACIT_LEVEL_MAX;
}

/* What getopt cannot see. */
static enum exit_code check_together(struct arguments *arguments)
{
    const struct command *command = arguments->command;
    const char *problem = NULL;
    if (arguments->has_range && command->run != command_cat)
        problem = "--range goes with the command 'cat' only";
    else if (arguments->as_json && command->run != command_list && command->run != command_bench)
        problem = "--json goes with the commands 'list' and 'bench' only";
    else if (arguments->first_level != 0 && command->run != command_bench)
        problem = "--levels goes with the command 'bench' only";
    else if (arguments->output_path != NULL && !command->has_output)
        problem = "-o does not go with this command: it writes no file";
    else if (arguments->output_path != NULL && arguments->n_files > 1 && !command->joins_files)
        problem = "-o names one output, but there are several inputs; use -c to join them";
    else if (arguments->model_name != NULL && lowest_level(arguments) < TACIT_LEVEL_CONTEXT)
        problem = "-m goes with levels from -3 on: -1 and -2 are zstd alone";
    if (problem == NULL)
        return EXIT_CODE_OK;
    console_error(&arguments->console, NULL, "%s", problem);
    return EXIT_CODE_USAGE;
}

static enum exit_code parse_options(struct arguments *arguments, int argc, char **argv,
                                    bool was_named)
{
    int option, digit_word = -1, word = optind;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        enum exit_code code = EXIT_CODE_OK;
        if (option >= '1' && option <= '9') {
            if (digit_word == word) {
                console_error(&arguments->console, NULL, "levels go from -1 to -9");
                return EXIT_CODE_USAGE;
            }
            digit_word = word;
            arguments->codec.level = option - '0';
            arguments->level_given = true;
        } else if (option == 'z' || option == 'd' || option == 't' || option == 'l') {
            code = choose_command(arguments, was_named, (char)option);
        } else if (!apply_switch(arguments, option)) {
            code = apply_value(arguments, option);
        }
        if (code != EXIT_CODE_OK)
            return code;
        word = optind;
    }
    return EXIT_CODE_OK;
}

enum exit_code arguments_parse(struct arguments *arguments, int argc, char **argv)
{
    *arguments = (struct arguments){0};
    console_init(&arguments->console);
    tacit_options_init(&arguments->codec);
    arguments->command = argc > 1 ? command_by_name(argv[1]) : NULL;
    bool was_named = arguments->command != NULL;
    if (was_named) { /* getopt then takes the command's name for the program's */
        argc--;
        argv++;
    }
    static char program[] = "tacit";
    argv[0] = program; /* what getopt's own messages begin with */
    enum exit_code code = parse_options(arguments, argc, argv, was_named);
    arguments->files = argv + optind;
    arguments->n_files = argc - optind;
    if (code != EXIT_CODE_OK || arguments->wants_help || arguments->wants_version)
        return code;
    if (arguments->command == NULL)
        arguments->command = command_by_letter('z');
    return check_together(arguments);
}
