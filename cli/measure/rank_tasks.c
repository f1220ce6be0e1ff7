/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks beside a ranking: what the models make of questions, and whether bits per byte of text tell
 * it: correlations over the models, with Fisher's intervals of 95 %.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/measure/cmd_rank.h"

enum { COLUMN = 14, CORRELATE_MIN = 3, INTERVAL_MIN = 4 };

enum exit_code rank_tasks_open(struct rank *rank)
{
    struct eval_arguments *a = &rank->arguments;
    for (int t = 0; t < a->n_tasks; t++) {
        enum exit_code code = task_open(&rank->tasks[t], &a->console, a->tasks[t], a->n_questions);
        if (code != EXIT_CODE_OK)
            return code;
        rank->n_questions += rank->tasks[t].n_questions;
    }
    return EXIT_CODE_OK;
}

void rank_tasks_close(struct rank *rank)
{
    for (int t = 0; t < rank->arguments.n_tasks; t++)
        task_close(&rank->tasks[t]);
}

static enum exit_code score(struct rank *rank, struct rank_row *row, struct task_outcome *outcomes)
{
    struct eval_arguments *a = &rank->arguments;
    size_t n = 0;
    enum tacit_status status = TACIT_OK;
    for (int t = 0; t < a->n_tasks && status == TACIT_OK; t++) {
        size_t n_task = rank->tasks[t].n_questions;
        enum exit_code code = task_score(outcomes + n, &rank->tasks[t], row->subject->evaluator,
                                         &a->console, row->subject->name);
        if (code != EXIT_CODE_OK)
            return code;
        status = task_figures(&row->tasks[t], outcomes + n, n_task, rank->n_rounds);
        n += n_task;
    }
    if (status == TACIT_OK)
        status = task_figures(&row->tasks[a->n_tasks], outcomes, n, rank->n_rounds);
    row->has_tasks = status == TACIT_OK;
    return status == TACIT_OK ? EXIT_CODE_OK
                              : fail_with_status(&a->console, row->subject->name, status);
}

enum exit_code rank_tasks_measure(struct rank *rank, struct rank_row *row)
{
    if (rank->arguments.n_tasks == 0 || row->subject->kind != SUBJECT_MODEL)
        return EXIT_CODE_OK;
    struct task_outcome *outcomes = calloc(rank->n_questions, sizeof *outcomes);
    if (!outcomes)
        return fail_with_status(&rank->arguments.console, NULL, TACIT_ERR_MEMORY);
    enum exit_code code = score(rank, row, outcomes);
    free(outcomes);
    return code;
}

/* What one row says of a task: one of two measures. */
enum measure { MEASURE_ACCURACY, MEASURE_GOLD, N_MEASURES };

static const char *const measure_names[N_MEASURES] = {"% right by bits/b.", "gold bits/byte"};

static double value_of(const struct rank_row *row, int task, enum measure measure)
{
    const struct task_figures *f = &row->tasks[task];
    if (measure == MEASURE_GOLD)
        return f->gold.value;
    return f->n_choosing ? 100 * f->accuracy[TASK_BY_BYTE].value : NAN;
}

/* The place of each value among all, from 0; equal values share the mean of their places. */
static void places(const double *values, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = 0;
        for (int j = 0; j < n; j++)
            out[i] += j == i ? 0 : values[j] < values[i] ? 1 : values[j] == values[i] ? 0.5 : 0;
    }
}

static double pearson(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (int i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* value NAN: too few models, or nothing to compare; low and high NAN: too few for an interval. */
struct correlation {
    double value, low, high;
};

/* By Fisher's transformation, as if the models were drawn independently; Spearman's varies by some 6 % more. */
static struct correlation with_interval(double value, int n, bool by_place)
{
    if (n < INTERVAL_MIN)
        return (struct correlation){value, NAN, NAN};
    double half = (by_place ? 1.06 : 1.0) * 1.96 / sqrt(n - 3.0);
    return (struct correlation){value, tanh(atanh(value) - half), tanh(atanh(value) + half)};
}

/* Of bits per byte of text with a task's measure, over the models that have both; at least three. by_place:
 * Spearman's, of the places; else Pearson's. */
static struct correlation correlate(const struct rank *rank, int task, enum measure measure,
                                    bool by_place)
{
    double x[SUBJECTS_MAX], y[SUBJECTS_MAX], px[SUBJECTS_MAX], py[SUBJECTS_MAX];
    int n = 0;
    for (int r = 0; r < rank->n_rows; r++) {
        if (!rank->rows[r].has_tasks)
            continue;
        x[n] = rank->rows[r].mean;
        y[n++] = value_of(&rank->rows[r], task, measure);
    }
    if (n < CORRELATE_MIN || isnan(y[0]))
        return (struct correlation){NAN, NAN, NAN};
    if (!by_place)
        return with_interval(pearson(x, y, n), n, false);
    places(x, n, px);
    places(y, n, py);
    return with_interval(pearson(px, py, n), n, true);
}

static void print_value(double value, int digits)
{
    if (isfinite(value))
        printf(" %*.*f", COLUMN, digits, value);
    else
        printf(" %*s", COLUMN, "-");
}

static void print_interval(const struct correlation *c)
{
    char text[32] = "-";
    if (isfinite(c->low) && isfinite(c->high))
        snprintf(text, sizeof text, "%.2f..%.2f", c->low, c->high);
    printf(" %*s", COLUMN, text);
}

static void print_correlations(const struct rank *rank, enum measure measure)
{
    static const char *const names[] = {"  Pearson", "  Spearman"};
    struct correlation c[TASKS_MAX + 1];
    for (int by_place = 0; by_place < 2; by_place++) {
        printf("%-24s", names[by_place]);
        for (int t = 0; t <= rank->arguments.n_tasks; t++) {
            c[t] = correlate(rank, t, measure, by_place);
            print_value(c[t].value, 3);
        }
        printf("\n%-24s", "    95 %");
        for (int t = 0; t <= rank->arguments.n_tasks; t++)
            print_interval(&c[t]);
        putchar('\n');
    }
}

void rank_tasks_print(const struct rank *rank)
{
    int n_tasks = rank->arguments.n_tasks;
    for (int m = 0; m < N_MEASURES && n_tasks > 0; m++) {
        printf("\n%-24s", measure_names[m]);
        for (int t = 0; t < n_tasks; t++)
            printf(" %*.*s", COLUMN, COLUMN, rank->tasks[t].name);
        printf(" %*s\n", COLUMN, "all questions");
        for (int r = 0; r < rank->n_rows; r++) {
            if (!rank->rows[r].has_tasks)
                continue;
            printf("%-24s", rank->rows[r].subject->name);
            for (int t = 0; t <= n_tasks; t++)
                print_value(value_of(&rank->rows[r], t, (enum measure)m), m ? 4 : 1);
            putchar('\n');
        }
        printf("correlation with the mean bits/byte of text\n");
        print_correlations(rank, (enum measure)m);
    }
}

static void print_json_task(const struct rank_row *row, const char *name, int task)
{
    fputs("{\"task\": ", stdout);
    json_print_string(stdout, name, strlen(name));
    printf(", \"questions\": %zu, \"accuracy\": ", row->tasks[task].n_questions);
    json_print_number(stdout, value_of(row, task, MEASURE_ACCURACY) / 100);
    fputs(", \"gold_bits_per_byte\": ", stdout);
    json_print_number(stdout, value_of(row, task, MEASURE_GOLD));
    putchar('}');
}

void rank_tasks_print_row_json(const struct rank *rank, const struct rank_row *row)
{
    if (!row->has_tasks)
        return;
    fputs(", \"tasks\": [", stdout);
    for (int t = 0; t < rank->arguments.n_tasks; t++) {
        fputs(t ? ", " : "", stdout);
        print_json_task(row, rank->tasks[t].name, t);
    }
    fputs("]", stdout);
}

static void print_json_correlation(const char *name, struct correlation c)
{
    printf(", \"%s\": ", name);
    json_print_number(stdout, c.value);
    printf(", \"%s_low\": ", name);
    json_print_number(stdout, c.low);
    printf(", \"%s_high\": ", name);
    json_print_number(stdout, c.high);
}

void rank_tasks_print_json(const struct rank *rank)
{
    fputs(", \"correlations\": [", stdout);
    for (int t = 0; t <= rank->arguments.n_tasks; t++) {
        const char *name = t < rank->arguments.n_tasks ? rank->tasks[t].name : "(all questions)";
        fputs(t ? ",\n  {\"task\": " : "\n  {\"task\": ", stdout);
        json_print_string(stdout, name, strlen(name));
        print_json_correlation("accuracy_pearson", correlate(rank, t, MEASURE_ACCURACY, false));
        print_json_correlation("accuracy_spearman", correlate(rank, t, MEASURE_ACCURACY, true));
        print_json_correlation("gold_pearson", correlate(rank, t, MEASURE_GOLD, false));
        print_json_correlation("gold_spearman", correlate(rank, t, MEASURE_GOLD, true));
        putchar('}');
    }
    fputs("]", stdout);
}
