/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "cli/base/common_options.h"
#include "cli/base/number_text.h"
#include "cli/base/size_text.h"
#include "cli/records/select.h"

enum {
    OPTION_METHOD = 256,
    OPTION_MEASURE,
    OPTION_BUDGET,
    OPTION_FIELD,
    OPTION_LINES,
    OPTION_SIMILARITY,
    OPTION_SEED,
    OPTION_EXPLAIN,
    OPTION_SKIP_BROKEN,
};

static const struct option options[] = {
    {"method", required_argument, NULL, OPTION_METHOD},
    {"measure", required_argument, NULL, OPTION_MEASURE},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"field", required_argument, NULL, OPTION_FIELD},
    {"lines", no_argument, NULL, OPTION_LINES},
    {"model", required_argument, NULL, 'm'},
    {"similarity", required_argument, NULL, OPTION_SIMILARITY},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"explain", required_argument, NULL, OPTION_EXPLAIN},
    {"skip-broken", no_argument, NULL, OPTION_SKIP_BROKEN},
    {"force", no_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"threads", required_argument, NULL, 'T'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool refuse(struct select_arguments *a, const char *what)
{
    return options_refuse(&a->console, "select", what);
}

static bool parse_method(struct select_arguments *a, const char *text)
{
    static const struct {
        const char *name;
        enum tacit_select_method method;
    } methods[] = {{"zip", TACIT_SELECT_ZIP},
                   {"surprise", TACIT_SELECT_SCORES},
                   {"dedup", TACIT_SELECT_DEDUP},
                   {"random", TACIT_SELECT_RANDOM}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, text) == 0) {
            a->options.method = methods[i].method;
            a->by_surprise = methods[i].method == TACIT_SELECT_SCORES;
            return true;
        }
    return false;
}

static bool parse_measure(struct select_arguments *a, const char *text)
{
    static const char *const names[] = {[TACIT_MEASURE_FAST] = "fast",
                                        [TACIT_MEASURE_ZSTD] = "zstd",
                                        [TACIT_MEASURE_CONTEXT] = "context"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], text) == 0) {
            a->options.measure = (enum tacit_select_measure)i;
            return true;
        }
    return false;
}

/* "64K": bytes; "2000r": records; "100000t": tokens. */
static bool parse_budget(struct select_arguments *a, const char *text)
{
    char digits[24];
    uint64_t value;
    size_t n = strlen(text);
    char unit = n > 1 ? text[n - 1] : '\0';
    if (unit != 'r' && unit != 't')
        return size_parse(text, &a->options.n_bytes) && a->options.n_bytes > 0;
    if (n > sizeof digits || strspn(text, "0123456789") != n - 1)
        return false;
    memcpy(digits, text, n - 1);
    digits[n - 1] = '\0';
    if (!size_parse(digits, &value) || value == 0)
        return false;
    *(unit == 'r' ? &a->options.n_records : &a->n_tokens) = value;
    return true;
}

static bool take(struct select_arguments *a, int option)
{
    unsigned number;
    const struct common_options common = {"select", &a->console, &a->options.n_threads,
                                          TACIT_SELECT_THREADS_MAX, &a->wants_help};
    switch (option) {
    case OPTION_METHOD:
        return parse_method(a, optarg) || refuse(a, "--method is zip, surprise, dedup or random");
    case OPTION_MEASURE:
        return parse_measure(a, optarg) || refuse(a, "--measure is fast, zstd or context");
    case OPTION_BUDGET:
        return parse_budget(a, optarg) ||
               refuse(a, "--budget is a size (64M), records (2000r) or tokens (100000t)");
    case OPTION_FIELD:
        a->records.field = optarg;
        return true;
    case OPTION_LINES:
        a->records.field = NULL;
        return true;
    case 'm':
        a->model_name = optarg;
        return true;
    case OPTION_SIMILARITY:
        return fraction_parse(optarg, 0, 1, &a->options.similarity) ||
               refuse(a, "--similarity goes from 0 to 1");
    case OPTION_SEED:
        if (!number_parse(optarg, 0, UINT32_MAX, &number))
            return refuse(a, "--seed is a whole number");
        a->options.seed = number;
        return true;
    case OPTION_EXPLAIN:
        a->explain_path = optarg;
        return true;
    case OPTION_SKIP_BROKEN:
        a->records.skip_broken = true;
        return true;
    case 'f':
        a->force = true;
        return true;
    case 'o':
        a->output_path = strcmp(optarg, "-") == 0 ? NULL : optarg;
        return true;
    default:
        return options_take_common(&common, option);
    }
}

static bool has_budget(const struct select_arguments *a)
{
    return a->n_tokens != UINT64_MAX || a->options.n_bytes != UINT64_MAX ||
           a->options.n_records != UINT64_MAX || a->options.method == TACIT_SELECT_DEDUP;
}

enum exit_code select_arguments_parse(struct select_arguments *a, int argc, char **argv)
{
    int option;
    bool good = true;
    *a = (struct select_arguments){.records.field = "text", .n_tokens = UINT64_MAX};
    console_init(&a->console);
    tacit_select_options_init(&a->options);
    optind = 1;
    while (good && (option = getopt_long(argc, argv, "m:o:T:fqh", options, NULL)) != -1)
        good = take(a, option);
    if (!good)
        return EXIT_CODE_USAGE;
    if (a->wants_help)
        return EXIT_CODE_OK;
    if (argc - optind != 1)
        good = refuse(a, "name one file of JSON lines, or a folder");
    else if (!has_budget(a))
        good = refuse(a, "say how much with --budget");
    else if (a->n_tokens != UINT64_MAX && !a->model_name)
        good = refuse(a, "a budget of tokens needs --model, whose tokens they are");
    else if (a->explain_path && a->output_path && strcmp(a->explain_path, a->output_path) == 0)
        good = refuse(a, "--explain and -o name the same file");
    a->input_path = argv[optind];
    return good ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}
