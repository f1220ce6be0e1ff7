/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_recover.h"

#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/models/model_named.h"
#include "cli/models/model_output.h"

bool training_check(struct training *t, const struct command_line *line)
{
    enum { MINUTES = 10 };
    if (!t->output)
        return options_refuse(&t->console, line, "-o NAME says what to call it");
    if (t->texts.n == 0)
        return options_refuse(&t->console, line, "it needs --text FILE");
    if (t->n_minutes == 0 && t->job.n_steps == 0)
        t->n_minutes = MINUTES;
    t->job.n_seconds = 60 * t->n_minutes;
    t->job.texts = t->texts.names;
    t->job.n_texts = t->texts.n;
    return true;
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
    struct training *t = context;
    t->job.model = model;
    t->job.path = path;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return tacit_shrink_recover(&t->job, sink, &t->report);
}

static const char *explain(const void *context)
{
    const struct training *t = context;
    return t->report.why[0] ? t->report.why : NULL;
}

enum exit_code training_run(struct training *t, const char *name)
{
    char teacher[TACIT_MODEL_PATH_MAX];
    if (t->teacher) {
        const enum exit_code found =
            model_path_named(&t->console, t->teacher, teacher, &t->job.teacher);
        if (found != EXIT_CODE_OK)
            return found;
        if (!t->job.teacher)
            t->job.teacher = ""; /* the linked-in model */
    }
    const struct model_making making = {.console = &t->console,
                                        .output = t->output,
                                        .force = t->force,
                                        .make = make,
                                        .job = t,
                                        .stop = is_stop_asked,
                                        .explain = explain};
    const enum exit_code code = model_output_make(&making, name);
    if (code == EXIT_CODE_OK)
        printf("held-out text: %.4f bits a byte before, %.4f after %llu steps, %.0f s, %.0f "
               "tokens/s\n",
               t->report.before, t->report.after, (unsigned long long)t->report.n_steps,
               t->report.seconds, (double)t->report.n_tokens / t->report.seconds);
    return code;
}

struct run {
    struct training training;
    bool all;
};

static const struct option_row rows[] = {
    TRAINING_ROW_OUTPUT(struct run),
    TRAINING_ROW_TEXT(struct run),
    {"full", 0, OPTION_SET, 0, offsetof(struct run, all), 0, 0, NULL, NULL,
     "train all parameters (default)", NULL},
    {"lora", 0, OPTION_NUMBER, 0, TRAINING_AT(struct run, job.lora_rank), 1, TACIT_RECOVER_RANK_MAX,
     "RANK", "is a rank", "train two narrow matrices beside each, and merge them", NULL},
    {"teacher", 0, OPTION_TEXT, 0, TRAINING_AT(struct run, teacher), 0, 0, "MODEL", NULL,
     "a model of the same vocabulary, whose distributions are\nlearned beside the text", NULL},
    TRAINING_ROW_STEPS(struct run),
    TRAINING_ROW_MINUTES(struct run),
    TRAINING_ROW_RATE(struct run),
    TRAINING_ROWS_COMMON(struct run),
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

static bool parse(struct run *run, int argc, char **argv)
{
    struct training *t = &run->training;
    *run = (struct run){.all = false};
    console_init(&t->console);
    if (!options_parse(&line, run, &t->console, argc, argv, NULL))
        return false;
    if (t->wants_help)
        return true;
    if (argc - optind != 1)
        return options_refuse(&t->console, &line, "name one model");
    if (run->all && t->job.lora_rank > 0)
        return options_refuse(&t->console, &line, "either --full or --lora");
    return training_check(t, &line);
}

int cli_model_recover(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.training.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)training_run(&run.training, argv[optind]);
}
