/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_quantize.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/models/model_output.h"
#include "cli/models/model_texts.h"
#include "tacit/shrink.h"

struct run {
    struct console console;
    struct tacit_quantize job;
    struct model_texts texts;
    const char *output; /* a name or a file */
    unsigned bits;
    uint64_t size;
    bool keep_embeddings, smooth, force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static bool take_method(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->job.rounding = strcmp(value, "gptq") == 0 ? TACIT_ROUND_GPTQ : TACIT_ROUND_NEAREST;
    return strcmp(value, "gptq") == 0 || strcmp(value, "nearest") == 0;
}

static bool take_allocation(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->job.allocation = strcmp(value, "bits") == 0 ? TACIT_ALLOCATE_BITS : TACIT_ALLOCATE_UNIFORM;
    return strcmp(value, "bits") == 0 || strcmp(value, "uniform") == 0;
}

static bool take_wide(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->job.wide_inputs = strcmp(value, "all") == 0 ? TACIT_WIDE_ALL : TACIT_WIDE_HEAD;
    return strcmp(value, "all") == 0 || strcmp(value, "head") == 0;
}

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, 0, AT(output), 0, 0, "NAME", NULL,
     "the model's name from now on, or a .tmodel file", NULL},
    {"bits", 0, OPTION_NUMBER, 0, AT(bits), 2, 8, "N", "goes",
     "bits of each number (4); scales and minima take 0.375 more", NULL},
    {"size", 0, OPTION_SIZE, 0, AT(size), 1, 1e18, "BYTES", "is a size such as 64M",
     "the most bits of which the file has no more bytes", NULL},
    {"allocate", 0, OPTION_TAKE, 0, 0, 0, 0, "uniform|bits", "is uniform or bits",
     "the same bits for all matrices (default), or more where they\nmatter, by what text costs, "
     "which needs --calibrate",
     take_allocation},
    {"method", 0, OPTION_TAKE, 0, 0, 0, 0, "nearest|gptq", "is nearest or gptq",
     "each weight to the nearest number (default), or second-order\nrounding, which needs "
     "--calibrate",
     take_method},
    {"calibrate", 0, OPTION_TAKE, 0, AT(texts), 0, 0, "FILE", MODEL_TEXTS_WANTED,
     "a text such as the model will read; may be repeated", model_texts_take},
    {"smooth", 0, OPTION_SET, 0, AT(smooth), 0, 0, NULL, NULL,
     "first evens out the inputs of matrices, so that rounding them\nloses less, which needs "
     "--calibrate",
     NULL},
    {"keep-embeddings", 0, OPTION_SET, 0, AT(keep_embeddings), 0, 0, NULL, NULL,
     "the table of token embeddings stays int8", NULL},
    {"wide-inputs", 0, OPTION_TAKE, 0, 0, 0, 0, "head|all", "is head or all",
     "the inputs of the head, or of all products, have 15 bits instead\nof 8; a product of wide "
     "inputs takes twice the work",
     take_wide},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_PROGRESS(struct run, console.wants_lines),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "model quantize",
    .usage = "model quantize [OPTION]... MODEL -o NAME",
    .about = "Makes a model of MODEL whose weights have few bits, in "
             "groups of 64 with a scale and a minimum.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool check_texts(struct run *run)
{
    bool by_gptq = run->job.rounding == TACIT_ROUND_GPTQ,
         by_bits = run->job.allocation == TACIT_ALLOCATE_BITS;
    if (by_gptq && run->texts.n == 0)
        return options_refuse(&run->console, &line, "--method gptq needs --calibrate FILE");
    if (by_bits && run->texts.n == 0)
        return options_refuse(&run->console, &line, "--allocate bits needs --calibrate FILE");
    if (run->smooth && run->texts.n == 0)
        return options_refuse(&run->console, &line, "--smooth needs --calibrate FILE");
    if (!by_gptq && !by_bits && !run->smooth && run->texts.n > 0)
        return options_refuse(&run->console, &line,
                              "--calibrate goes with --method gptq, --allocate bits or --smooth");
    return true;
}

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.bits = 0};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return options_refuse(&run->console, &line, "name one model");
    if (!run->output)
        return options_refuse(&run->console, &line, "-o NAME says what to call it");
    if (run->bits && run->size)
        return options_refuse(&run->console, &line, "--bits or --size, not both");
    if (!check_texts(run))
        return false;
    run->job.bits = run->bits;
    run->job.size = run->size;
    run->job.texts = run->texts.names;
    run->job.n_texts = run->texts.n;
    run->job.keep_embeddings = run->keep_embeddings;
    run->job.smooth = run->smooth;
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
                                        .argument_means = "--smooth takes a model of 8 bits only",
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
