/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/train_distil.h"

#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cli/models/model_recover.h"

struct run {
    struct training training;
};

/* The function of --see: adds the names of a list. */
static bool take_sees(void *options, const struct option_row *row, const char *value)
{
    static const struct {
        const char *name;
        enum tacit_see bit;
    } names[] = {{"text", TACIT_SEE_TEXT},
                 {"distributions", TACIT_SEE_DISTRIBUTIONS},
                 {"hidden", TACIT_SEE_HIDDEN},
                 {"attention", TACIT_SEE_ATTENTION},
                 {"gradients", TACIT_SEE_GRADIENTS}};
    enum { N_NAMES = sizeof names / sizeof *names };
    unsigned *sees = (void *)((char *)options + row->offset);
    for (;;) {
        const size_t n = strcspn(value, ",");
        size_t i = 0;
        while (i < N_NAMES && (strlen(names[i].name) != n || strncmp(names[i].name, value, n) != 0))
            i++;
        if (i == N_NAMES)
            return false;
        *sees |= names[i].bit;
        if (!value[n])
            return true;
        value += n + 1;
    }
}

static const struct option_row rows[] = {
    TRAINING_ROW_OUTPUT(struct run),
    {"teacher", 0, OPTION_TEXT, 0, TRAINING_AT(struct run, teacher), 0, 0, "MODEL", NULL,
     "the model that is learned from, of the same vocabulary", NULL},
    TRAINING_ROW_TEXT(struct run),
    {"see", 0, OPTION_TAKE, 0, TRAINING_AT(struct run, job.sees), 0, 0, "WHAT",
     "takes a list of text, distributions, hidden, attention and gradients",
     "what is learned, a list: text, the texts themselves;\n"
     "distributions, hidden, attention, gradients, of the teacher\n(text,distributions)",
     take_sees},
    {"config", 0, OPTION_TEXT, 0, TRAINING_AT(struct run, job.config), 0, 0, "CONFIG", NULL,
     "instead of STUDENT a new model of this configuration's sizes", NULL},
    {"seed", 0, OPTION_NUMBER, 0, TRAINING_AT(struct run, job.seed), 0, INT_MAX, "N", "is a number",
     "chooses the order of the text, and new weights (0)", NULL},
    TRAINING_ROW_STEPS(struct run),
    TRAINING_ROW_MINUTES(struct run),
    TRAINING_ROW_RATE(struct run),
    TRAINING_ROWS_COMMON(struct run),
};

static const struct command_line line = {
    .name = "train distil",
    .usage = "train distil [OPTION]... --teacher MODEL --text FILE STUDENT -o NAME",
    .about =
        "Trains STUDENT, a model such as 'tacit model prune' makes, to be like its teacher. "
        "Weights\n"
        "that were pruned stay zero, and matrices of few bits stay so. Ctrl-C saves and ends it;\n"
        "the same command goes on.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    struct training *t = &run->training;
    *run = (struct run){.training = {.force = false}};
    console_init(&t->console);
    if (!options_parse(&line, run, &t->console, argc, argv, NULL))
        return false;
    if (t->wants_help)
        return true;
    if (!t->teacher)
        return options_refuse(&t->console, &line, "it needs --teacher MODEL");
    if (argc - optind != (t->job.config ? 0 : 1))
        return options_refuse(&t->console, &line, "name one student, or give --config");
    if (t->job.sees && !(t->job.sees & (TACIT_SEE_TEXT | TACIT_SEE_DISTRIBUTIONS)))
        return options_refuse(&t->console, &line, "--see needs text or distributions, too");
    return training_check(t, &line);
}

int cli_train_distil(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.training.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)training_run(&run.training,
                             run.training.job.config ? run.training.teacher : argv[optind]);
}
