/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_recover.h"

#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/base/option_table.h"
#include "cli/models/model_named.h"
#include "cli/models/model_output.h"
#include "cli/models/model_texts.h"
#include "tacit/shrink.h"

enum { STEPS_MAX = 100000000, MINUTES_MAX = 100000 };

struct run {
    struct console console;
    struct tacit_recover job;
    struct tacit_recover_report report;
    struct model_texts texts;
    const char *output, *teacher; /* names or files */
    unsigned n_minutes;
    bool all, force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, 0, AT(output), 0, 0, "NAME", NULL,
     "the model's name from now on, or a .tmodel file", NULL},
    {"text", 0, OPTION_TAKE, 0, AT(texts), 0, 0, "FILE", MODEL_TEXTS_WANTED,
     "a text such as the model will read; may be repeated", model_texts_take},
    {"full", 0, OPTION_SET, 0, AT(all), 0, 0, NULL, NULL, "train all parameters (default)", NULL},
    {"lora", 0, OPTION_NUMBER, 0, AT(job.lora_rank), 1, TACIT_RECOVER_RANK_MAX, "RANK", "is a rank",
     "train two narrow matrices beside each, and merge them", NULL},
    {"teacher", 0, OPTION_TEXT, 0, AT(teacher), 0, 0, "MODEL", NULL,
     "a model of the same vocabulary, whose distributions are\nlearned beside the text", NULL},
    {"steps", 0, OPTION_NUMBER, 0, AT(job.n_steps), 1, STEPS_MAX, "N", "is a number of steps",
     "how long: steps of 2,048 tokens", NULL},
    {"minutes", 0, OPTION_NUMBER, 0, AT(n_minutes), 1, MINUTES_MAX, "M", "is a number of minutes",
     "how long: time, of all calls together (10)", NULL},
    {"lr", 0, OPTION_SHARE, 0, AT(job.learning_rate), 1e-7, 1, "R", "is a learning rate",
     "the learning rate (0.001)", NULL},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_PROGRESS(struct run, console.wants_lines),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "model recover",
    .usage = "model recover [OPTION]... --text FILE MODEL -o NAME",
    .about =
        "Trains MODEL on text, to repair what prune and quantize damaged. Weights that were\n"
        "pruned stay zero, and matrices of few bits stay so. Ctrl-C saves and ends it; the same\n"
        "command goes on.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool refuse(struct run *run, const char *what)
{
    return options_refuse(&run->console, &line, what);
}

static bool check(struct run *run)
{
    enum { MINUTES = 10 };
    if (!run->output)
        return refuse(run, "-o NAME says what to call it");
    if (run->texts.n == 0)
        return refuse(run, "it needs --text FILE");
    if (run->all && run->job.lora_rank > 0)
        return refuse(run, "either --full or --lora");
    if (run->n_minutes == 0 && run->job.n_steps == 0)
        run->n_minutes = MINUTES;
    run->job.n_seconds = 60 * run->n_minutes;
    run->job.texts = run->texts.names;
    run->job.n_texts = run->texts.n;
    return true;
}

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.wants_help = false};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return refuse(run, "name one model");
    return check(run);
}

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static int is_stop_asked(void *context)
{
    (void)context;
    return stop_asked;
}

static enum tacit_status make(void *context, const char *model, const char *path,
                              const struct tacit_train_sink *sink)
{
    struct run *run = context;
    run->job.model = model;
    run->job.path = path;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return tacit_shrink_recover(&run->job, sink, &run->report);
}

static const char *explain(const void *context)
{
    const struct run *run = context;
    return run->report.why[0] ? run->report.why : NULL;
}

static enum exit_code recover(struct run *run, const char *name)
{
    char teacher[TACIT_MODEL_PATH_MAX];
    if (run->teacher) {
        const enum exit_code found =
            model_path_named(&run->console, run->teacher, teacher, &run->job.teacher);
        if (found != EXIT_CODE_OK)
            return found;
        if (!run->job.teacher)
            run->job.teacher = ""; /* the linked-in model */
    }
    const struct model_making making = {.console = &run->console,
                                        .output = run->output,
                                        .force = run->force,
                                        .make = make,
                                        .job = run,
                                        .stop = is_stop_asked,
                                        .explain = explain};
    const enum exit_code code = model_output_make(&making, name);
    if (code == EXIT_CODE_OK)
        printf("held-out text: %.4f bits a byte before, %.4f after %llu steps, %.0f s, %.0f "
               "tokens/s\n",
               run->report.before, run->report.after, (unsigned long long)run->report.n_steps,
               run->report.seconds, (double)run->report.n_tokens / run->report.seconds);
    return code;
}

int cli_model_recover(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)recover(&run, argv[optind]);
}
