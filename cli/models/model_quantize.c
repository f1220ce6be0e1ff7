/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_quantize.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/models/model_output.h"
#include "tacit/shrink.h"

enum { TEXTS_MAX = 64 };

struct run {
    struct console console;
    struct tacit_quantize job;
    const char *texts[TEXTS_MAX];
    const char *output; /* a name or a file */
    unsigned bits;
    bool keep_embeddings, force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static bool take_method(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->job.rounding = strcmp(value, "gptq") == 0 ? TACIT_ROUND_GPTQ : TACIT_ROUND_NEAREST;
    return strcmp(value, "gptq") == 0 || strcmp(value, "nearest") == 0;
}

static bool take_text(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    if (run->job.n_texts == TEXTS_MAX)
        return false;
    run->texts[run->job.n_texts++] = value;
    return true;
}

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, 0, AT(output), 0, 0, "NAME", NULL,
     "the model's name from now on, or a .tmodel file", NULL},
    {"bits", 0, OPTION_NUMBER, 0, AT(bits), 4, 4, "N", "goes",
     "bits a weight (4, the only one so far)", NULL},
    {"method", 0, OPTION_TAKE, 0, 0, 0, 0, "nearest|gptq", "is nearest or gptq",
     "each weight to the nearest number (default), or second-order\nrounding, which needs "
     "--calibrate",
     take_method},
    {"calibrate", 0, OPTION_TAKE, 0, 0, 0, 0, "FILE", "takes 64 files at most",
     "gptq: a text such as the model will read; may be repeated", take_text},
    {"keep-embeddings", 0, OPTION_SET, 0, AT(keep_embeddings), 0, 0, NULL, NULL,
     "the table of token embeddings stays int8", NULL},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_PROGRESS(struct run, console.wants_lines),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {.name = "model quantize",
                                         .usage = "model quantize [OPTION]... MODEL -o NAME",
                                         .about =
                                             "Makes a model of MODEL whose weights have 4 bits, in "
                                             "groups of 32 with a scale and a minimum.\n",
                                         OPTION_TABLE(rows),
                                         .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.bits = 4};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return options_refuse(&run->console, &line, "name one model");
    if (!run->output)
        return options_refuse(&run->console, &line, "-o NAME says what to call it");
    if (run->job.rounding == TACIT_ROUND_GPTQ && run->job.n_texts == 0)
        return options_refuse(&run->console, &line, "--method gptq needs --calibrate FILE");
    if (run->job.rounding == TACIT_ROUND_NEAREST && run->job.n_texts > 0)
        return options_refuse(&run->console, &line, "--calibrate goes with --method gptq");
    run->job.texts = run->texts;
    run->job.keep_embeddings = run->keep_embeddings;
    return true;
}

static enum tacit_status make(void *context, const char *model, const char *path,
                              const struct tacit_train_sink *sink)
{
    struct tacit_quantize *job = context;
    job->model = model;
    job->path = path;
    return tacit_shrink_quantize(job, sink);
}

static enum exit_code quantize(struct run *run, const char *name)
{
    const struct model_making making = {.console = &run->console,
                                        .output = run->output,
                                        .force = run->force,
                                        .make = make,
                                        .job = &run->job};
    return model_output_make(&making, name);
}

int cli_model_quantize(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)quantize(&run, argv[optind]);
}
