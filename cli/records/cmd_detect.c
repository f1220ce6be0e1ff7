/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/cmd_detect.h"

#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/base/json_text.h"
#include "cli/base/option_table.h"
#include "cli/records/scored_records.h"
#include "tacit/statistics.h"

enum { SURPRISAL, MIN_K, ENTROPY, EXCESS, N_SCORES };

static const char *const score_names[N_SCORES] = {"surprisal", "min_k", "entropy", "excess"};

struct detect {
    struct console console;
    struct scored_options scored;
    const char *path;
    double min_k; /* per cent */
    bool wants_help;
    double *scores[N_SCORES]; /* [n_labelled] */
    uint8_t *labels;
    size_t n_labelled, capacity, n_with;
};

static int dearest_first(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

static void score(const struct detect *d, const struct scored_record *record,
                  double scores[N_SCORES])
{
    double n = (double)record->n_tokens, sum = 0;
    size_t n_k = (size_t)ceil(n * d->min_k / 100);
    qsort(record->costs, record->n_tokens, sizeof *record->costs, dearest_first);
    for (size_t i = 0; i < n_k; i++)
        sum += (double)record->costs[i];
    scores[SURPRISAL] = record->bits / n;
    scores[MIN_K] = sum / (double)n_k;
    scores[ENTROPY] = record->entropy / n;
    scores[EXCESS] = scores[SURPRISAL] - scores[ENTROPY];
}

static bool grow(struct detect *d)
{
    size_t capacity = d->capacity ? 2 * d->capacity : 1024;
    uint8_t *labels = realloc(d->labels, capacity);
    d->labels = labels ? labels : d->labels;
    for (int i = 0; i < N_SCORES; i++) {
        double *more = realloc(d->scores[i], capacity * sizeof *more);
        d->scores[i] = more ? more : d->scores[i];
        labels = more ? labels : NULL;
    }
    d->capacity = labels ? capacity : d->capacity;
    return labels != NULL;
}

static enum exit_code use(void *context, const struct scored_record *record)
{
    struct detect *d = context;
    double scores[N_SCORES];
    printf("{\"line\": %llu, \"tokens\": %zu", (unsigned long long)record->line, record->n_tokens);
    if (record->n_tokens == 0) {
        fputs("}\n", stdout);
        return EXIT_CODE_OK;
    }
    score(d, record, scores);
    for (int i = 0; i < N_SCORES; i++)
        printf(", \"%s\": %.4f", score_names[i], scores[i]);
    if (record->has_label)
        printf(", \"label\": %g", record->label);
    fputs("}\n", stdout);
    if (!record->has_label)
        return EXIT_CODE_OK;
    if (d->n_labelled == d->capacity && !grow(d))
        return fail_with_status(&d->console, d->path, TACIT_ERR_MEMORY);
    for (int i = 0; i < N_SCORES; i++)
        d->scores[i][d->n_labelled] = scores[i];
    d->labels[d->n_labelled++] = record->label > 0;
    d->n_with += record->label > 0;
    return EXIT_CODE_OK;
}

static enum exit_code print_areas(struct detect *d)
{
    if (d->n_labelled == 0)
        return EXIT_CODE_OK;
    if (d->n_with == 0 || d->n_with == d->n_labelled) {
        console_warn(&d->console, d->path, "all labels are the same: there is no ROC curve");
        return EXIT_CODE_OK;
    }
    printf("{\"records\": %zu, \"with_label\": %zu, \"roc_auc\": {", d->n_labelled, d->n_with);
    for (int i = 0; i < N_SCORES; i++) {
        double area;
        enum tacit_status status = tacit_roc_area(d->scores[i], d->labels, d->n_labelled, &area);
        if (status != TACIT_OK)
            return fail_with_status(&d->console, d->path, status);
        printf("%s\"%s\": %.4f", i ? ", " : "", score_names[i], area);
    }
    fputs("}}\n", stdout);
    return EXIT_CODE_OK;
}

static bool take_lines(void *options, const struct option_row *row, const char *value)
{
    struct detect *d = options;
    (void)row, (void)value;
    d->scored.field = NULL;
    return true;
}

#define AT(field) offsetof(struct detect, field)

static const struct option_row rows[] = {
    {"model", 'm', OPTION_TEXT, 0, AT(scored.model_name), 0, 0, "NAME", NULL, "the language model",
     NULL},
    {"field", 0, OPTION_TEXT, 0, AT(scored.field), 0, 0, "NAME", NULL,
     "the JSON field that has the text (text)", NULL},
    {"label", 0, OPTION_TEXT, 0, AT(scored.label), 0, 0, "NAME", NULL,
     "the JSON field that has the label, 0 or 1 (label)", NULL},
    {"lines", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, "lines are plain text", take_lines},
    {"min-k", 0, OPTION_SHARE, 0, AT(min_k), 0.001, 100, "PERCENT", "is a share in per cent",
     "of the tokens, those that cost most (20)", NULL},
    OPTION_ROW_SKIP_BROKEN(struct detect, scored.skip_broken),
    OPTION_ROW_THREADS(struct detect, scored.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct detect, console.verbosity),
    OPTION_ROW_HELP(struct detect, wants_help),
};

static const struct command_line line = {
    .name = "detect",
    .usage = "detect [OPTION]... -m MODEL [FILE]",
    .about =
        "How sure a language model is of each statement, a JSON object a line; as JSON lines:\n"
        "  surprisal    mean bits a token: high for what the model would not say\n"
        "  min_k        mean bits of the tokens that cost most: low for text seen in training\n"
        "  entropy      mean bits that it expected: high where it is unsure\n"
        "  excess       surprisal minus entropy\n"
        "Where records have labels, a last line gives for each score the area under the ROC\n"
        "curve: the chance that a record with label 1 scores higher than one with label 0.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct detect *d, int argc, char **argv)
{
    *d = (struct detect){
        .min_k = 20, .path = "-", .scored = {.field = "text", .label = "label", .details = true}};
    console_init(&d->console);
    if (!options_parse(&line, d, &d->console, argc, argv, NULL))
        return false;
    if (d->wants_help)
        return true;
    if (!d->scored.model_name)
        return options_refuse(&d->console, &line, "name a language model with -m");
    if (argc - optind > 1)
        return options_refuse(&d->console, &line, "takes one file");
    if (argc > optind)
        d->path = argv[optind];
    return true;
}

int cli_detect(int argc, char **argv)
{
    struct detect d;
    if (!parse(&d, argc, argv))
        return EXIT_CODE_USAGE;
    if (d.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    enum exit_code code = scored_records_run(&d.console, d.path, &d.scored, use, &d);
    if (code == EXIT_CODE_OK)
        code = print_areas(&d);
    for (int i = 0; i < N_SCORES; i++)
        free(d.scores[i]);
    free(d.labels);
    return (int)code;
}
