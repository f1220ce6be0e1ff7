/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit eval --tasks`: models on tasks, a row each, and a row for all questions together.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/progress.h"
#include "cli/measure/cmd_eval.h"
#include "cli/tasks/task_score.h"
#include "tacit/version.h"

enum { N_ROUNDS = 1000, INTERVAL_CAP = 48 };

static const char *const rules[TASK_N_RULES] = {
    [TASK_BY_BITS] = "by_bits", [TASK_BY_BYTE] = "by_bits_per_byte", [TASK_BY_GAIN] = "by_gain"};

struct row {
    const char *model, *task;
    struct task_figures figures;
    double seconds;
};

static const char *interval_text(char text[INTERVAL_CAP], const struct tacit_interval *interval,
                                 double scale, int digits)
{
    snprintf(text, INTERVAL_CAP, "%.*f [%.*f, %.*f]", digits, scale * interval->value, digits,
             scale * interval->low, digits, scale * interval->high);
    return text;
}

static void print_table_row(const struct row *row)
{
    const struct task_figures *f = &row->figures;
    char text[INTERVAL_CAP] = "-";
    if (f->n_choosing)
        snprintf(text, sizeof text, "%.1f", 100 * f->chance);
    printf("%-24s %9zu %7s", row->model, f->n_questions, text);
    for (int rule = 0; rule < TASK_N_RULES; rule++)
        printf(" %19s", f->n_choosing ? interval_text(text, &f->accuracy[rule], 100, 1) : "-");
    printf(" %23s %8.1f  %s\n", interval_text(text, &f->gold, 1, 4), row->seconds, row->task);
}

static void print_json_interval(const char *name, const struct tacit_interval *interval)
{
    printf(", \"%s\": ", name);
    json_print_number(stdout, interval->value);
    printf(", \"%s_low\": ", name);
    json_print_number(stdout, interval->low);
    printf(", \"%s_high\": ", name);
    json_print_number(stdout, interval->high);
}

static void print_json_row(const struct row *row, bool first)
{
    const struct task_figures *f = &row->figures;
    fputs(first ? "\n  {\"model\": " : ",\n  {\"model\": ", stdout);
    json_print_string(stdout, row->model, strlen(row->model));
    fputs(", \"task\": ", stdout);
    json_print_string(stdout, row->task, strlen(row->task));
    printf(", \"questions\": %zu, \"choosing\": %zu", f->n_questions, f->n_choosing);
    if (f->n_choosing)
        printf(", \"chance\": %.6f", f->chance);
    for (int rule = 0; rule < TASK_N_RULES && f->n_choosing; rule++)
        print_json_interval(rules[rule], &f->accuracy[rule]);
    print_json_interval("gold_bits_per_byte", &f->gold);
    printf(", \"seconds\": %.3f}", row->seconds);
}

static void print_csv_row(const struct row *row)
{
    const struct task_figures *f = &row->figures;
    eval_print_csv_text(row->model);
    putchar(',');
    eval_print_csv_text(row->task);
    printf(",%zu,%zu,", f->n_questions, f->n_choosing);
    if (f->n_choosing)
        printf("%.6f", f->chance);
    for (int rule = 0; rule < TASK_N_RULES; rule++)
        if (f->n_choosing)
            printf(",%.6f,%.6f,%.6f", f->accuracy[rule].value, f->accuracy[rule].low,
                   f->accuracy[rule].high);
        else
            fputs(",,,", stdout);
    printf(",%.6f,%.6f,%.6f,%.3f\n", f->gold.value, f->gold.low, f->gold.high, row->seconds);
}

static void print_begin(enum eval_form form)
{
    if (form == EVAL_JSON) {
        printf("{\"tacit\": \"eval\", \"version\": \"%s\", \"tasks\": [", tacit_version());
    } else if (form == EVAL_CSV) {
        fputs("model,task,questions,choosing,chance", stdout);
        for (int rule = 0; rule < TASK_N_RULES; rule++)
            printf(",%s,%s_low,%s_high", rules[rule], rules[rule], rules[rule]);
        puts(",gold_bits_per_byte,gold_bits_per_byte_low,gold_bits_per_byte_high,seconds");
    } else {
        printf("%-24s %9s %7s %19s %19s %19s %23s %8s  %s\n", "% right", "questions", "chance",
               "by bits [95 %]", "by bits/byte", "by gain", "gold bits/byte [95 %]", "seconds",
               "task");
    }
}

static void print_row(enum eval_form form, const struct row *row)
{
    static bool printed;
    if (form == EVAL_JSON)
        print_json_row(row, !printed);
    else if (form == EVAL_CSV)
        print_csv_row(row);
    else
        print_table_row(row);
    printed = true;
    fflush(stdout);
}

/* outcomes: room for the questions of all tasks. */
static enum exit_code measure_subject(struct eval_arguments *a, struct subject *subject,
                                      const struct task *tasks, struct task_outcome *outcomes)
{
    struct row total = {.model = subject->name, .task = "(all questions)"};
    size_t n_all = 0;
    enum exit_code code = subject_open(subject, &a->console, &a->options);
    for (int t = 0; t < a->n_tasks && code == EXIT_CODE_OK; t++) {
        struct row row = {.model = subject->name, .task = tasks[t].name};
        double start = clock_seconds();
        code =
            task_score(outcomes + n_all, &tasks[t], subject->evaluator, &a->console, subject->name);
        row.seconds = clock_seconds() - start;
        if (code == EXIT_CODE_OK && task_figures(&row.figures, outcomes + n_all,
                                                 tasks[t].n_questions, N_ROUNDS) != TACIT_OK)
            code = fail_with_status(&a->console, subject->name, TACIT_ERR_MEMORY);
        if (code == EXIT_CODE_OK)
            print_row(a->form, &row);
        n_all += tasks[t].n_questions;
        total.seconds += row.seconds;
    }
    if (code == EXIT_CODE_OK && a->n_tasks > 1 && a->form == EVAL_TABLE &&
        task_figures(&total.figures, outcomes, n_all, N_ROUNDS) == TACIT_OK)
        print_row(a->form, &total);
    subject_close(subject);
    return code;
}

enum exit_code eval_tasks(struct eval_arguments *a)
{
    struct task tasks[TASKS_MAX] = {{0}};
    enum exit_code worst = EXIT_CODE_OK;
    size_t n_questions = 0;
    if (a->options.convention == TACIT_EVAL_WINDOWS)
        a->options.convention = TACIT_EVAL_ROLLING; /* a long context counts to its end */
    for (int t = 0; t < a->n_tasks && worst == EXIT_CODE_OK; t++) {
        worst = task_open(&tasks[t], &a->console, a->tasks[t], a->n_questions);
        n_questions += tasks[t].n_questions;
    }
    struct task_outcome *outcomes = calloc(n_questions + 1, sizeof *outcomes);
    if (!outcomes)
        worst = fail_with_status(&a->console, NULL, TACIT_ERR_MEMORY);
    if (worst == EXIT_CODE_OK) {
        print_begin(a->form);
        for (int i = 0; i < a->n_subjects; i++)
            worst = exit_code_worse(worst, measure_subject(a, &a->subjects[i], tasks, outcomes));
        if (a->form == EVAL_JSON)
            fputs("\n]}\n", stdout);
    }
    free(outcomes);
    for (int t = 0; t < a->n_tasks; t++)
        task_close(&tasks[t]);
    return worst;
}
