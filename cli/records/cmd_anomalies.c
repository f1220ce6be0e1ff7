/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/cmd_anomalies.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/base/json_text.h"
#include "cli/base/number_text.h"
#include "cli/base/option_table.h"
#include "cli/records/scored_records.h"
#include "tacit/statistics.h"

/* A line that may be among the highest. */
struct candidate {
    uint64_t line;
    char *text;
    size_t n;
    double bits;
    struct tacit_outlier outlier;
};

struct anomalies {
    struct console console;
    struct scored_options scored;
    const char *path;
    unsigned n_top, n_warm_up;
    bool as_they_come, wants_help;
    double quantile;
    struct tacit_outliers *outliers;
    struct candidate *top; /* [n_held], the highest first */
    size_t n_held;
    uint64_t n_seen;
};

static void print(const struct candidate *c)
{
    double n = c->n ? (double)c->n : 1;
    printf("{\"line\": %llu, \"score\": ", (unsigned long long)c->line);
    json_print_number(stdout, c->outlier.score);
    printf(", \"bits\": %.2f, \"expected\": %.2f, \"bits_per_byte\": %.4f, \"text\": ", c->bits,
           c->outlier.expected, c->bits / n);
    json_print_string(stdout, c->text, c->n);
    fputs("}\n", stdout);
}

/* Inserts a copy of the line if its score is among the highest. */
static enum exit_code hold(struct anomalies *a, const struct candidate *c)
{
    size_t at = a->n_held;
    while (at > 0 && a->top[at - 1].outlier.score < c->outlier.score)
        at--;
    if (at == a->n_top)
        return EXIT_CODE_OK;
    char *text = malloc(c->n + 1);
    if (!text)
        return fail_with_status(&a->console, a->path, TACIT_ERR_MEMORY);
    memcpy(text, c->text, c->n);
    if (a->n_held == a->n_top)
        free(a->top[--a->n_held].text);
    memmove(&a->top[at + 1], &a->top[at], (a->n_held - at) * sizeof *a->top);
    a->top[at] = *c;
    a->top[at].text = text;
    a->n_held++;
    return EXIT_CODE_OK;
}

static enum exit_code judge(void *context, const struct scored_record *record)
{
    struct anomalies *a = context;
    struct candidate c = {record->line, record->text, record->n, record->bits, {0, 0, 0}};
    tacit_outliers_add(a->outliers, record->bits, record->n, &c.outlier);
    if (++a->n_seen <= a->n_warm_up)
        return EXIT_CODE_OK;
    if (!a->as_they_come)
        return hold(a, &c);
    if (c.outlier.is_unusual) {
        print(&c);
        fflush(stdout);
    }
    return EXIT_CODE_OK;
}

static bool take_quantile(void *options, const struct option_row *row, const char *value)
{
    struct anomalies *a = options;
    (void)row;
    a->as_they_come = true;
    return fraction_parse(value, 0, 1, &a->quantile);
}

#define AT(field) offsetof(struct anomalies, field)

static const struct option_row rows[] = {
    {"top", 0, OPTION_NUMBER, 0, AT(n_top), 1, 1000000, "N", "is a number",
     "the N highest scores, the highest first, at the end (20)", NULL},
    {"quantile", 0, OPTION_TAKE, 0, 0, 0, 0, "Q", "goes from 0 to 1",
     "instead, as they come, lines above this share of the scores\nbefore them (0.999)",
     take_quantile},
    {"warm-up", 0, OPTION_NUMBER, 0, AT(n_warm_up), 0, UINT32_MAX, "N", "is a number of lines",
     "only learn the first N lines (100)", NULL},
    {"field", 0, OPTION_TEXT, 0, AT(scored.field), 0, 0, "NAME", NULL,
     "lines are JSON objects; their text is in this field", NULL},
    OPTION_ROW_SKIP_BROKEN(struct anomalies, scored.skip_broken),
    {"model", 'm', OPTION_TEXT, 0, AT(scored.model_name), 0, 0, "NAME", NULL,
     "costs by this language model, each line by itself", NULL},
    OPTION_ROW_THREADS(struct anomalies, scored.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct anomalies, console.verbosity),
    OPTION_ROW_HELP(struct anomalies, wants_help),
};

static const struct command_line line = {
    .name = "anomalies",
    .usage = "anomalies [OPTION]... [FILE]",
    .about =
        "The lines of FILE, or of standard input, that cost many more bits than earlier lines of\n"
        "about their length, as JSON lines. The costs come from context models, which learn from\n"
        "every line.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct anomalies *a, int argc, char **argv)
{
    *a = (struct anomalies){.n_top = 20, .n_warm_up = 100, .quantile = 0.999, .path = "-"};
    console_init(&a->console);
    if (!options_parse(&line, a, &a->console, argc, argv, NULL))
        return false;
    if (argc - optind > 1)
        return options_refuse(&a->console, &line, "takes one file");
    if (argc > optind)
        a->path = argv[optind];
    return true;
}

static enum exit_code run(struct anomalies *a)
{
    enum tacit_status status = tacit_outliers_create(&a->outliers, a->quantile);
    a->top = malloc((a->n_top + (size_t)1) * sizeof *a->top);
    if (status != TACIT_OK || !a->top)
        return fail_with_status(&a->console, a->path, TACIT_ERR_MEMORY);
    enum exit_code code = scored_records_run(&a->console, a->path, &a->scored, judge, a);
    if (code == EXIT_CODE_OK && a->n_seen <= a->n_warm_up)
        console_warn(&a->console, a->path,
                     "all of its %llu lines are warm-up: nothing is reported; --warm-up 0 would",
                     (unsigned long long)a->n_seen);
    for (size_t i = 0; i < a->n_held; i++) {
        print(&a->top[i]);
        free(a->top[i].text);
    }
    return code;
}

int cli_anomalies(int argc, char **argv)
{
    struct anomalies a;
    if (!parse(&a, argc, argv))
        return EXIT_CODE_USAGE;
    if (a.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    enum exit_code code = run(&a);
    free(a.top);
    tacit_outliers_destroy(a.outliers);
    return (int)code;
}
