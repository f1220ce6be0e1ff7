/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_prune.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/models/model_output.h"
#include "cli/models/model_texts.h"
#include "tacit/shrink.h"

enum { NONE = -1 };

static const char *const parts[] = {[TACIT_PRUNE_WEIGHTS] = "weights",
                                    [TACIT_PRUNE_2_OF_4] = "2:4",
                                    [TACIT_PRUNE_NEURONS] = "neurons",
                                    [TACIT_PRUNE_LAYERS] = "layers",
                                    [TACIT_PRUNE_HEADS] = "heads"};
static const char *const rules[] = {[TACIT_PRUNE_BY_MAGNITUDE] = "magnitude",
                                    [TACIT_PRUNE_BY_WANDA] = "wanda",
                                    [TACIT_PRUNE_BY_SPARSEGPT] = "sparsegpt",
                                    [TACIT_PRUNE_BY_BITS] = "bits"};

enum { N_PARTS = sizeof parts / sizeof *parts, N_RULES = sizeof rules / sizeof *rules };

struct run {
    struct console console;
    struct tacit_prune job;
    struct model_texts texts;
    const char *output; /* a name or a file */
    int what, by;       /* NONE: not given */
    bool force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static int find_name(const char *const *names, int n, const char *name)
{
    while (n-- > 0)
        if (strcmp(names[n], name) == 0)
            return n;
    return NONE;
}

static bool take_what(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->what = find_name(parts, N_PARTS, value);
    return run->what != NONE;
}

static bool take_by(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    run->by = find_name(rules, N_RULES, value);
    return run->by != NONE;
}

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, 0, AT(output), 0, 0, "NAME", NULL,
     "the model's name from now on, or a .tmodel file", NULL},
    {"what", 0, OPTION_TAKE, 0, 0, 0, 0, "weights|2:4|neurons|heads|layers",
     "is weights, 2:4, neurons, heads or layers",
     "what goes: weights of every row, two of any four\nneighbours, hidden neurons, heads of "
     "attention, or layers",
     take_what},
    {"by", 0, OPTION_TAKE, 0, 0, 0, 0, "magnitude|wanda|sparsegpt|bits",
     "is magnitude, wanda, sparsegpt or bits",
     "what goes first: small weights (default), small products\nwith the inputs, what the weights "
     "that stay can correct,\nor what costs the fewest bits (default of heads and layers)",
     take_by},
    {"ratio", 0, OPTION_SHARE, 0, AT(job.ratio), 0.001, 0.999, "R", "is a share",
     "the share that goes (0.5; layers: 0.1; heads: 0.25)", NULL},
    {"calibrate", 0, OPTION_TAKE, 0, AT(texts), 0, 0, "FILE", MODEL_TEXTS_WANTED,
     "a text such as the model will read; may be repeated; every\nrule but magnitude needs it",
     model_texts_take},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_PROGRESS(struct run, console.wants_lines),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "model prune",
    .usage = "model prune [OPTION]... --what PART MODEL -o NAME",
    .about = "Makes a model of int8 without a part of MODEL's weights. Without neurons, heads or\n"
             "layers it is smaller and faster; weights become zeros.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool refuse(struct run *run, const char *what)
{
    return options_refuse(&run->console, &line, what);
}

static bool check(struct run *run)
{
    bool of_layers = run->what == TACIT_PRUNE_LAYERS;
    bool of_heads = run->what == TACIT_PRUNE_HEADS;
    bool of_weights = run->what == TACIT_PRUNE_WEIGHTS || run->what == TACIT_PRUNE_2_OF_4;
    if (run->what == NONE)
        return refuse(run, "--what says what goes");
    if (run->by == NONE)
        run->by = of_layers || of_heads ? TACIT_PRUNE_BY_BITS : TACIT_PRUNE_BY_MAGNITUDE;
    if (of_layers && run->by != TACIT_PRUNE_BY_BITS)
        return refuse(run, "layers go by bits");
    if (run->by == TACIT_PRUNE_BY_BITS &&
        (run->what == TACIT_PRUNE_2_OF_4 || run->what == TACIT_PRUNE_NEURONS))
        return refuse(run, "--by bits is for weights, heads and layers");
    if (run->by == TACIT_PRUNE_BY_SPARSEGPT && !of_weights)
        return refuse(run, "--by sparsegpt is for weights and 2:4");
    if (run->job.ratio == 0)
        run->job.ratio = of_layers ? 0.1 : of_heads ? 0.25 : 0.5;
    if (run->what == TACIT_PRUNE_2_OF_4 && run->job.ratio != 0.5)
        return refuse(run, "--what 2:4 has the ratio 0.5");
    if (run->by != TACIT_PRUNE_BY_MAGNITUDE && run->texts.n == 0)
        return refuse(run, "this rule needs --calibrate FILE");
    if (run->by == TACIT_PRUNE_BY_MAGNITUDE && run->texts.n > 0)
        return refuse(run, "--by magnitude reads no texts");
    run->job.what = (enum tacit_prune_part)run->what;
    run->job.by = (enum tacit_prune_rule)run->by;
    run->job.texts = run->texts.names;
    run->job.n_texts = run->texts.n;
    return true;
}

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.what = NONE, .by = NONE};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return refuse(run, "name one model");
    if (!run->output)
        return refuse(run, "-o NAME says what to call it");
    return check(run);
}

static enum tacit_status make(void *context, const char *model, const char *path,
                              const struct tacit_train_sink *sink)
{
    struct tacit_prune *job = context;
    job->model = model;
    job->path = path;
    return tacit_shrink_prune(job, sink);
}

static enum exit_code prune(struct run *run, const char *name)
{
    char wrong[128];
    if (run->what == TACIT_PRUNE_WEIGHTS)
        snprintf(wrong, sizeof wrong,
                 "weights go by bits in shapes of Llama, Qwen 2 and 3 and tacit's own only");
    else
        snprintf(wrong, sizeof wrong, "nothing would be left with --ratio %g", run->job.ratio);
    const struct model_making making = {.console = &run->console,
                                        .output = run->output,
                                        .force = run->force,
                                        .make = make,
                                        .job = &run->job,
                                        .argument_means = wrong};
    return model_output_make(&making, name);
}

int cli_model_prune(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)prune(&run, argv[optind]);
}
