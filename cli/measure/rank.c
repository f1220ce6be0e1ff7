/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/rank.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/common_options.h"
#include "cli/base/number_text.h"
#include "cli/base/size_text.h"

static const char help[] =
    "Usage: tacit rank [OPTION]... MODEL... -- FILE...\n"
    "\n"
    "Ranks models on files by bits per byte, the best first. A MODEL is one that\n"
    "'tacit eval' knows. By model:\n"
    "  mean         bits a byte, the mean over the files\n"
    "  all bytes    bits a byte of all files together, and the interval of 95 % of\n"
    "               resamples of their 4 KiB pieces (none for other compressors)\n"
    "  wins         how often it is better than another model on a file\n"
    "  clear        how often by more than chance: the paired interval excludes zero\n"
    "  halves       bits a byte of the files' first and second halves: models that learn\n"
    "               while they read get better\n"
    "  two-part     bits a byte with the model's own file added\n"
    "  cheapest     from what to what amount of such text model and data together are\n"
    "               the smallest of all\n"
    "\n"
    "      --window N         tokens that a model sees at most (2048)\n"
    "      --stride N         tokens by which windows advance (the window)\n"
    "      --limit SIZE       only so many bytes of each FILE\n"
    "      --rounds N         resamples (1000)\n"
    "      --json             as JSON\n"
    "  -T, --threads N        threads, 0: one for each processor (default)\n"
    "  -q, --quiet            no warnings\n"
    "\n"
    "Everything else: man tacit-models\n";

enum { OPTION_WINDOW = 256, OPTION_STRIDE, OPTION_LIMIT, OPTION_ROUNDS, OPTION_JSON };

static const struct option options[] = {
    {"window", required_argument, NULL, OPTION_WINDOW},
    {"stride", required_argument, NULL, OPTION_STRIDE},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"threads", required_argument, NULL, 'T'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool refuse(struct rank *rank, const char *what)
{
    return options_refuse(&rank->arguments.console, "rank", what);
}

static bool take(struct rank *rank, int option)
{
    struct eval_arguments *a = &rank->arguments;
    const struct common_options common = {"rank", &a->console, &a->options.n_threads, 1024,
                                          &a->wants_help};
    switch (option) {
    case OPTION_WINDOW:
        return number_parse(optarg, 2, TACIT_EVAL_WINDOW_MAX, &a->options.window) ||
               refuse(rank, "--window goes from 2 to 1048576 tokens");
    case OPTION_STRIDE:
        return number_parse(optarg, 1, TACIT_EVAL_WINDOW_MAX, &a->options.stride) ||
               refuse(rank, "--stride is a number of tokens");
    case OPTION_LIMIT:
        return (size_parse(optarg, &a->limit) && a->limit > 0) ||
               refuse(rank, "--limit is a size such as 64K");
    case OPTION_ROUNDS:
        return number_parse(optarg, 10, 1000000, &rank->n_rounds) ||
               refuse(rank, "--rounds goes from 10 to 1000000");
    case OPTION_JSON:
        a->form = EVAL_JSON;
        return true;
    default:
        return options_take_common(&common, option);
    }
}

static bool parse(struct rank *rank, int argc, char **argv)
{
    struct eval_arguments *a = &rank->arguments;
    int split = 1, option;
    rank->n_rounds = 1000;
    a->limit = UINT64_MAX;
    console_init(&a->console);
    tacit_eval_options_init(&a->options);
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    optind = 1;
    while ((option = getopt_long(split, argv, "T:qh", options, NULL)) != -1)
        if (!take(rank, option))
            return false;
    if (a->wants_help)
        return true;
    for (int i = optind; i < split; i++)
        if (a->n_subjects == SUBJECTS_MAX || !subject_init(&a->subjects[a->n_subjects++], argv[i]))
            return refuse(rank,
                          "a model is a name, a file, NAME+context, context or context:LEVEL");
    a->files = argv + split + 1;
    a->n_files = argc > split ? argc - split - 1 : 0;
    if (a->n_subjects == 0 || a->n_files == 0 || a->n_files > RANK_FILES_MAX)
        return refuse(rank, "name models, then '--', then files");
    if (!eval_files_suffice(a))
        return refuse(rank, "'-' can be read once; several models need a file");
    return true;
}

static enum exit_code run(struct rank *rank)
{
    struct eval_arguments *a = &rank->arguments;
    size_t n_cells = (size_t)a->n_subjects * (size_t)a->n_files;
    enum exit_code worst = EXIT_CODE_OK;
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
            fputs(help, stdout);
        else
            code = run(rank);
    }
    free(rank->rows);
    free(rank->cells);
    free(rank);
    return (int)code;
}
