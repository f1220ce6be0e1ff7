/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/cmd_eval.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/base/progress.h"

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
        enum exit_code code = arguments->wants_copy_probe
                                  ? eval_copy_measure(arguments, subject, row.file)
                                  : eval_measure(arguments, &row);
        progress_end(&progress);
        worst = exit_code_worse(worst, code);
        if (code != EXIT_CODE_OK || arguments->wants_copy_probe)
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
        options_print_help(&eval_line);
    } else if (worst == EXIT_CODE_OK && arguments->n_tasks > 0) {
        worst = eval_tasks(arguments);
    } else if (worst == EXIT_CODE_OK) {
        if (arguments->wants_copy_probe)
            eval_copy_print_begin(arguments);
        else
            eval_print_begin(arguments);
        for (int i = 0; i < arguments->n_subjects; i++)
            worst = exit_code_worse(worst, measure_subject(arguments, &arguments->subjects[i]));
        eval_print_end(arguments);
    }
    free(arguments);
    return (int)worst;
}
