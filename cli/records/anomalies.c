/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/anomalies.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/common_options.h"
#include "cli/base/console.h"
#include "cli/base/json_text.h"
#include "cli/base/number_text.h"
#include "cli/records/scored_records.h"
#include "tacit/statistics.h"

static const char help[] =
    "Usage: tacit anomalies [OPTION]... [FILE]\n"
    "\n"
    "The lines of FILE, or of standard input, that cost most against lines of their length\n"
    "before them, as JSON lines. Context models judge, which learn from every line.\n"
    "\n"
    "      --top N            the N highest scores, the highest first, at the end (20)\n"
    "      --quantile Q       instead, as they come, those above this share of the scores\n"
    "                         before them (0.999)\n"
    "      --warm-up N        say nothing of the first N lines (100)\n"
    "      --field NAME       lines are JSON objects; their text is in this field\n"
    "      --skip-broken      go on behind a broken record, with a warning\n"
    "  -m, --model NAME       a language model judges, each line by itself\n"
    "  -T, --threads N        threads of the model, 0: one for each processor (default)\n"
    "  -q, --quiet            no warnings\n"
    "\n"
    "Everything else: man tacit-models\n";

enum { OPTION_TOP = 256, OPTION_QUANTILE, OPTION_WARM_UP, OPTION_FIELD, OPTION_SKIP_BROKEN };

static const struct option options[] = {
    {"top", required_argument, NULL, OPTION_TOP},
    {"quantile", required_argument, NULL, OPTION_QUANTILE},
    {"warm-up", required_argument, NULL, OPTION_WARM_UP},
    {"field", required_argument, NULL, OPTION_FIELD},
    {"skip-broken", no_argument, NULL, OPTION_SKIP_BROKEN},
    {"model", required_argument, NULL, 'm'},
    {"threads", required_argument, NULL, 'T'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

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

/* Puts a copy in its place if it is among the highest. */
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

static bool refuse(struct anomalies *a, const char *what)
{
    return options_refuse(&a->console, "anomalies", what);
}

static bool take(struct anomalies *a, int option)
{
    const struct common_options common = {"anomalies", &a->console, &a->scored.n_threads, 1024,
                                          &a->wants_help};
    switch (option) {
    case OPTION_TOP:
        return number_parse(optarg, 1, 1000000, &a->n_top) || refuse(a, "--top is a number");
    case OPTION_QUANTILE:
        a->as_they_come = true;
        return fraction_parse(optarg, 0, 1, &a->quantile) ||
               refuse(a, "--quantile goes from 0 to 1");
    case OPTION_WARM_UP:
        return number_parse(optarg, 0, UINT32_MAX, &a->n_warm_up) ||
               refuse(a, "--warm-up is a number of lines");
    case OPTION_FIELD:
        a->scored.field = optarg;
        return true;
    case OPTION_SKIP_BROKEN:
        a->scored.skip_broken = true;
        return true;
    case 'm':
        a->scored.model_name = optarg;
        return true;
    default:
        return options_take_common(&common, option);
    }
}

static bool parse(struct anomalies *a, int argc, char **argv)
{
    int option;
    *a = (struct anomalies){.n_top = 20, .n_warm_up = 100, .quantile = 0.999, .path = "-"};
    console_init(&a->console);
    optind = 1;
    while ((option = getopt_long(argc, argv, "m:T:qh", options, NULL)) != -1)
        if (!take(a, option))
            return false;
    if (argc - optind > 1)
        return refuse(a, "takes one file");
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
        fputs(help, stdout);
        return EXIT_CODE_OK;
    }
    enum exit_code code = run(&a);
    free(a.top);
    tacit_outliers_destroy(a.outliers);
    return (int)code;
}
