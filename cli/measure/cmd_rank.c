/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/cmd_rank.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/files/file_input.h"

static bool take_json(void *options, const struct option_row *row, const char *value)
{
    struct rank *rank = options;
    (void)row, (void)value;
    rank->arguments.form = EVAL_JSON;
    return true;
}

static const struct option_row rows[] = {
    OPTION_ROW_WINDOW(struct rank, arguments.options.window),
    OPTION_ROW_STRIDE(struct rank, arguments.options.stride),
    OPTION_ROW_LIMIT(struct rank, arguments.limit),
    EVAL_ROW_TASKS,
    EVAL_ROW_QUESTIONS,
    {"rounds", 0, OPTION_NUMBER, 0, offsetof(struct rank, n_rounds), 10, 1000000, "N", "goes",
     "resamples (1000)", NULL},
    {"json", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, "as JSON", take_json},
    OPTION_ROW_THREADS(struct rank, arguments.options.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct rank, arguments.console.verbosity),
    OPTION_ROW_HELP(struct rank, arguments.wants_help),
};

static const struct command_line line = {
    .name = "rank",
    .usage = "rank [OPTION]... MODEL... -- FILE...",
    .about = "Ranks models on files by bits per byte, the best first. A MODEL is one that\n"
             "'tacit eval' knows. By model:\n"
             "  mean         bits a byte, the mean over the files\n"
             "  all bytes    bits a byte of all files together, and the interval of 95 % of\n"
             "               resamples of their 4 KiB pieces (none for other compressors, and\n"
             "               for fewer than six pieces)\n"
             "  wins         how often the model is better than another one on a file\n"
             "  clear        how often beyond chance: the paired interval excludes zero\n"
             "  halves       bits a byte of the files' first and second halves: models that learn\n"
             "               while they read get better\n"
             "  two-part     bits a byte with the model's own file added\n"
             "  cheapest     from how much to how much text this sum is the smallest of all\n"
             "With --tasks also what language models make of questions, and whether the mean\n"
             "tells it: its correlation with the share right and with the bits a byte of the\n"
             "right answers.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool refuse(struct rank *rank, const char *what)
{
    return options_refuse(&rank->arguments.console, &line, what);
}

static bool parse(struct rank *rank, int argc, char **argv)
{
    struct eval_arguments *a = &rank->arguments;
    int split = 1;
    rank->n_rounds = 1000;
    a->limit = UINT64_MAX;
    console_init(&a->console);
    tacit_eval_options_init(&a->options);
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    if (!options_parse(&line, rank, &a->console, split, argv, NULL))
        return false;
    if (a->wants_help)
        return true;
    for (int i = optind; i < split; i++)
        if (a->n_subjects == SUBJECTS_MAX || !subject_init(&a->subjects[a->n_subjects++], argv[i]))
            return refuse(rank,
                          "a model is a name, a file, NAME+context, context or context:LEVEL");
    a->files = rank->files = argv + split + 1;
    a->n_files = argc > split ? argc - split - 1 : 0;
    if (a->n_subjects == 0 || a->n_files == 0 || a->n_files > RANK_FILES_MAX)
        return refuse(rank, "name models, then '--', then files");
    if (!eval_files_suffice(a))
        return refuse(rank, "'-' can be read once; several models need a file");
    return true;
}

/* Whether there is text to measure in a file; reports why not. */
static bool is_measurable(struct console *console, const char *path)
{
    struct stat about;
    struct input input;
    if (strcmp(path, "-") == 0 ||
        (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)))
        return true; /* input that can be read only once is not read here */
    if (input_open(&input, console, path, INPUT_ANY) != EXIT_CODE_OK)
        return false;
    bool is_empty = S_ISREG(input.stat.st_mode) && input.stat.st_size == 0;
    input_close(&input);
    if (is_empty)
        console_error(console, path, "is empty: nothing to rank by");
    return !is_empty;
}

/* Called once, before the work: models are ranked on the remaining files. */
static enum exit_code drop_files(struct rank *rank)
{
    struct eval_arguments *a = &rank->arguments;
    int n_left = 0;
    for (int i = 0; i < a->n_files; i++)
        if (is_measurable(&a->console, rank->files[i]))
            rank->files[n_left++] = rank->files[i];
    enum exit_code code = n_left < a->n_files ? EXIT_CODE_FAILED : EXIT_CODE_OK;
    a->n_files = n_left;
    return code;
}

static enum exit_code run(struct rank *rank)
{
    struct eval_arguments *a = &rank->arguments;
    enum exit_code worst = drop_files(rank);
    if (a->n_files == 0)
        return worst;
    enum exit_code opened = rank_tasks_open(rank);
    if (opened != EXIT_CODE_OK)
        return opened;
    size_t n_cells = (size_t)a->n_subjects * (size_t)a->n_files;
    rank->rows = calloc((size_t)a->n_subjects, sizeof *rank->rows);
    rank->cells = calloc(n_cells, sizeof *rank->cells);
    if (!rank->rows || !rank->cells)
        return fail_with_status(&a->console, NULL, TACIT_ERR_MEMORY);
    for (int i = 0; i < a->n_subjects; i++) {
        struct rank_row *row = &rank->rows[rank->n_rows];
        *row = (struct rank_row){.subject = &a->subjects[i],
                                 .cells = rank->cells + (size_t)i * (size_t)a->n_files};
        worst = exit_code_worse(worst, rank_measure(rank, row));
        rank->n_rows += row->is_good;
    }
    enum exit_code code = rank_compare(rank);
    if (code == EXIT_CODE_OK)
        rank_print(rank);
    for (size_t i = 0; i < n_cells; i++) {
        free(rank->cells[i].bits);
        free(rank->cells[i].bytes);
    }
    return exit_code_worse(worst, code);
}

int cli_rank(int argc, char **argv)
{
    struct rank *rank = calloc(1, sizeof *rank);
    enum exit_code code = EXIT_CODE_USAGE;
    if (!rank)
        return EXIT_CODE_RESOURCES;
    if (parse(rank, argc, argv)) {
        code = EXIT_CODE_OK;
        if (rank->arguments.wants_help)
            options_print_help(&line);
        else
            code = run(rank);
    }
    rank_tasks_close(rank);
    free(rank->rows);
    free(rank->cells);
    free(rank);
    return (int)code;
}
