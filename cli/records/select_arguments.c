/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of `tacit select`.
 */
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "cli/base/size_text.h"
#include "cli/records/cmd_select.h"

static bool take_method(void *options, const struct option_row *row, const char *text)
{
    struct select_arguments *a = options;
    static const struct {
        const char *name;
        enum tacit_select_method method;
    } methods[] = {{"zip", TACIT_SELECT_ZIP},
                   {"surprise", TACIT_SELECT_SCORES},
                   {"dedup", TACIT_SELECT_DEDUP},
                   {"random", TACIT_SELECT_RANDOM}};
    (void)row;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, text) == 0) {
            a->options.method = methods[i].method;
            a->by_surprise = methods[i].method == TACIT_SELECT_SCORES;
            return true;
        }
    return false;
}

static bool take_measure(void *options, const struct option_row *row, const char *text)
{
    struct select_arguments *a = options;
    static const char *const names[] = {[TACIT_MEASURE_FAST] = "fast",
                                        [TACIT_MEASURE_ZSTD] = "zstd",
                                        [TACIT_MEASURE_CONTEXT] = "context"};
    (void)row;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], text) == 0) {
            a->options.measure = (enum tacit_select_measure)i;
            return true;
        }
    return false;
}

/* "64K": bytes; "2000r": records; "100000t": tokens. */
static bool take_budget(void *options, const struct option_row *row, const char *text)
{
    struct select_arguments *a = options;
    char digits[24];
    uint64_t value;
    size_t n = strlen(text);
    char unit = n > 1 ? text[n - 1] : '\0';
    (void)row;
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

static bool take_lines(void *options, const struct option_row *row, const char *value)
{
    struct select_arguments *a = options;
    (void)row, (void)value;
    a->records.field = NULL;
    return true;
}

#define AT(field) offsetof(struct select_arguments, field)

static const struct option_row rows[] = {
    {"method", 0, OPTION_TAKE, 0, 0, 0, 0, "zip|surprise|dedup|random",
     "is zip, surprise, dedup or random",
     "zip: what compresses least after the records chosen (default)\n"
     "surprise: what costs a model most bits a byte\n"
     "dedup: in order, without near duplicates\n"
     "random: at random",
     take_method},
    {"measure", 0, OPTION_TAKE, 0, 0, 0, 0, "fast|zstd|context", "is fast, zstd or context",
     "zip: by a small fast model (fast, default), zstd or the context\nmodels (context)",
     take_measure},
    {"budget", 0, OPTION_TAKE, 0, 0, 0, 0, "SIZE",
     "is a size (64M), records (2000r) or tokens (100000t)",
     "bytes of text; or 2000r records, or 100000t tokens of --model", take_budget},
    {"field", 0, OPTION_TEXT, 0, AT(records.field), 0, 0, "NAME", NULL,
     "the JSON field that has the text (text)", NULL},
    {"lines", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, "lines are plain text, not JSON", take_lines},
    {"model", 'm', OPTION_TEXT, 0, AT(model_name), 0, 0, "NAME", NULL,
     "surprise: costs by this language model, each record by\nitself; without it, by context "
     "models that read all records in turn",
     NULL},
    {"similarity", 0, OPTION_SHARE, 0, AT(options.similarity), 0, 1, "S", "goes",
     "dedup: share of strings that duplicates have in common (0.8)", NULL},
    {"seed", 0, OPTION_NUMBER, 0, AT(seed), 0, UINT32_MAX, "N", "is a whole number",
     "random: which random numbers (0)", NULL},
    {"explain", 0, OPTION_TEXT, 0, AT(explain_path), 0, 0, "FILE", NULL,
     "the reason for each record chosen or dropped, as JSON lines", NULL},
    OPTION_ROW_SKIP_BROKEN(struct select_arguments, records.skip_broken),
    {"output", 'o', OPTION_OUTPUT, 0, AT(output_path), 0, 0, "FILE", NULL,
     "instead of standard output", NULL},
    OPTION_ROW_FORCE(struct select_arguments, force),
    OPTION_ROW_THREADS(struct select_arguments, options.n_threads, TACIT_SELECT_THREADS_MAX),
    OPTION_ROW_QUIET(struct select_arguments, console.verbosity),
    OPTION_ROW_PROGRESS(struct select_arguments, console.wants_lines),
    OPTION_ROW_HELP(struct select_arguments, wants_help),
};

const struct command_line select_line = {
    .name = "select",
    .usage = "select [OPTION]... FILE|FOLDER",
    .about =
        "Chooses from the lines of FILE, each a JSON object with a text, or from the files of\n"
        "FOLDER and its folders, those that teach most, and writes them (of files, the names)\n"
        "in the order of choice.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool refuse(struct select_arguments *a, const char *what)
{
    return options_refuse(&a->console, &select_line, what);
}

static bool has_budget(const struct select_arguments *a)
{
    return a->n_tokens != UINT64_MAX || a->options.n_bytes != UINT64_MAX ||
           a->options.n_records != UINT64_MAX || a->options.method == TACIT_SELECT_DEDUP;
}

enum exit_code select_arguments_parse(struct select_arguments *a, int argc, char **argv)
{
    bool good = true;
    *a = (struct select_arguments){.records.field = "text", .n_tokens = UINT64_MAX};
    console_init(&a->console);
    tacit_select_options_init(&a->options);
    if (!options_parse(&select_line, a, &a->console, argc, argv, NULL))
        return EXIT_CODE_USAGE;
    if (a->wants_help)
        return EXIT_CODE_OK;
    a->options.seed = a->seed;
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
