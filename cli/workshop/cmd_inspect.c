/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/cmd_inspect.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/models/model_named.h"
#include "cli/workshop/inspect_table.h"
#include "tacit/inspect.h"
#include "tacit/options.h"

struct run {
    struct console console;
    struct tacit_inspection job;
    const char *name;
    char source[TACIT_MODEL_PATH_MAX];
    struct inspect_table table;
    bool wants_help;
};

#define AT(field) offsetof(struct run, field)

static const struct option_row rows[] = {
    {"bits", 0, OPTION_NUMBER, 0, AT(job.rounded_bits), 2, 7, "N", "goes",
     "bits that layers are rounded to (4)", NULL},
    OPTION_ROW_LIMIT(struct run, job.n_bytes_max),
    {"json", 0, OPTION_SET, 0, AT(table.json), 0, 0, NULL, NULL, "all figures, as one JSON object",
     NULL},
    OPTION_ROW_THREADS(struct run, job.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "inspect",
    .usage = "inspect [OPTION]... MODEL [TEXT]",
    .about =
        "What the matrices of a model hold: bits a weight as stored and as the frequencies of the\n"
        "numbers would need them (entropy), how many singular values have 90 and 99 % of the\n"
        "energy, the largest weight over the root mean square, and weights beyond six of it.\n"
        "With TEXT also what each layer is worth: bits a byte of it without the layer's "
        "attention,\n"
        "without its hidden layer, and without both; and with these rounded to few bits.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.job = {.n_bytes_max = 8192, .rounded_bits = 4}};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind < 1 || argc - optind > 2)
        return options_refuse(&run->console, &line, "name one model, and perhaps a text");
    run->name = argv[optind];
    run->job.text = argc - optind > 1 ? argv[optind + 1] : NULL;
    return true;
}

static enum exit_code explain(struct run *run, enum tacit_status status)
{
    if (status == TACIT_ERR_CONTENT_LIMIT) {
        console_error(&run->console, run->job.text, "has no token of this model");
        return EXIT_CODE_FAILED;
    }
    if (status == TACIT_ERR_IO && run->job.text) {
        console_error(&run->console, run->name, "cannot read it, or %s: %s", run->job.text,
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return fail_to_open_model(&run->console, run->name, status);
}

static enum exit_code inspect(struct run *run)
{
    enum exit_code code = model_path_named(&run->console, run->name, run->source, &run->job.model);
    if (code != EXIT_CODE_OK)
        return code;
    inspect_table_attach(&run->table, &run->job);
    inspect_table_begin(&run->table, run->name);
    enum tacit_status status = tacit_inspect(&run->job);
    if (status != TACIT_OK)
        return explain(run, status);
    inspect_table_end(&run->table);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        console_error(&run->console, "(stdout)", "cannot write: %s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

int cli_inspect(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)inspect(&run);
}
