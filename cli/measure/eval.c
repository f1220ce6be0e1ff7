/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/eval.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/base/progress.h"

static const char help[] =
    "Usage: tacit eval [OPTION]... MODEL... -- FILE...\n"
    "\n"
    "Bits per byte, character, word and token of each MODEL on each FILE. A MODEL is\n"
    "  NAME or FILE.gguf      a language model alone, by its own probabilities\n"
    "  context[:LEVEL]        context models: the size of the archive\n"
    "  NAME+context[:LEVEL]   both together: the size of the archive\n"
    "  xz, zstd, brotli       these compressors at their strongest\n"
    "\n"
    "      --peer COMMAND     a compressor from standard input to standard output\n"
    "      --window N         tokens that the model sees at most (2048)\n"
    "      --stride N         tokens by which windows advance (the window)\n"
    "      --rolling          one window for all: every token sees those before it\n"
    "      --convention NAME  windows, rolling, lm-eval, llama-perplexity or hkust: which\n"
    "                         tokens count, and what is seen before them\n"
    "      --first-token N    the token before a window, or none; the model's own unless\n"
    "                         given\n"
    "      --limit SIZE       only so many bytes of each FILE\n"
    "      --json, --csv      instead of a table\n"
    "  -T, --threads N        threads, 0: one for each processor (default); the figures\n"
    "                         never depend on it\n"
    "      --cpu FEATURES     use these processor features only\n"
    "  -q, --quiet            no warnings, no progress bar\n"
    "\n"
    "Everything else: man tacit-models\n";

static void check_row(struct eval_arguments *arguments, const struct eval_row *row)
{
    if (row->result.n_bytes == 0)
        console_warn(&arguments->console, row->file, "is empty: nothing to score");
    else if (row->subject->kind == SUBJECT_MODEL && row->result.n_scored_tokens == 0)
        console_warn(&arguments->console, row->file, "is too short for a window of this kind");
}

static enum exit_code measure_subject(struct eval_arguments *arguments, struct subject *subject)
{
    struct eval_row total = {.subject = subject, .file = "(total)"};
    struct tacit_eval_options options = arguments->options;
    struct progress progress = {0};
    options.progress = progress_update;
    options.progress_context = &progress;
    int n_good = 0;
    enum exit_code worst = subject_open(subject, &arguments->console, &options);
    bool is_open = worst == EXIT_CODE_OK;
    for (int i = 0; i < arguments->n_files && is_open; i++) {
        struct eval_row row = {.subject = subject, .file = arguments->files[i]};
        progress_start(&progress, &arguments->console, subject->name, 0, false, false);
        enum exit_code code = eval_measure(arguments, &row);
        progress_end(&progress);
        worst = exit_code_worse(worst, code);
        if (code != EXIT_CODE_OK)
            continue;
        check_row(arguments, &row);
        eval_print_row(arguments, &row);
        eval_row_add(&total, &row);
        n_good++;
    }
    if (n_good > 1 && arguments->form == EVAL_TABLE)
        eval_print_row(arguments, &total);
    subject_close(subject);
    return worst;
}

int cli_eval(int argc, char **argv)
{
    struct eval_arguments *arguments = malloc(sizeof *arguments);
    if (!arguments)
        return EXIT_CODE_RESOURCES;
    enum exit_code worst = eval_arguments_parse(arguments, argc, argv);
    if (worst == EXIT_CODE_OK && arguments->wants_help) {
        fputs(help, stdout);
    } else if (worst == EXIT_CODE_OK) {
        eval_print_begin(arguments);
        for (int i = 0; i < arguments->n_subjects; i++)
            worst = exit_code_worse(worst, measure_subject(arguments, &arguments->subjects[i]));
        eval_print_end(arguments);
    }
    free(arguments);
    return (int)worst;
}
